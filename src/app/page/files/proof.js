// The proof of a record: that the log has it, by hashes, up to a checkpoint that the log and its
// witnesses have signed. It is asked for when the reader opens it.
import { draw, html, model, nothing, t } from './common.js';
import { ask, fetch_text } from './source.js';
import { refusal } from './officer.js';

let opened = null;

// What was asked for one record; only the last one is remembered.
async function open(position) {
  if (opened?.position === position) return;
  const wanted = { position };
  opened = wanted;
  try {
    // The second line of a checkpoint has the number of its records.
    const note = await fetch_text('/v1/log/checkpoint');
    const proof = await ask(`/v1/log/proof?position=${position}&size=${note.split('\n')[1]}`);
    Object.assign(wanted, { note, proof });
  } catch (error) {
    wanted.failed = refusal(error);
  }
  draw();
}

// The names of those who have signed a note: of lines such as `— bth abc=`.
export const signers = note => note.split('\n').filter(it => it.startsWith('\u2014 ')).map(it => it.split(' ')[1]);

// Evidence is a file for those who do not trust this server.
async function download(position) {
  const text = await fetch_text(`/v1/evidence/${position}`);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  link.download = `evidence-${position}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function shown({ position, proof, note, failed }) {
  if (failed) return html`<p class="soft">${failed}</p>`;
  if (!proof) return html`<p class="soft">${t('loading')} …</p>`;
  return html`<p>${t('proof_of', position, proof.size, proof.proof.length)}</p>
    <dl class="pairs hashes">
      <dt>${t('proof_leaf')}</dt><dd><code>${proof.leaf}</code></dd>
      <dt>${t('proof_root')}</dt><dd><code>${proof.root}</code></dd>
      <dt>${t('proof_signed')}</dt><dd>${signers(note).join(', ')}</dd>
    </dl>
    <pre tabindex="0">${note}</pre>
    ${model.caller.reads === 'everything' ? html`<p><button type="button" data-evidence=${position} @click=${() => download(position)}>${t('proof_evidence')}</button> <span class="soft">airshed verify-bundle evidence-${position}.json</span></p>` : nothing}`;
}

export const proof_of = ({ position }) => html`<details class="proof" @toggle=${event => { if (event.target.open) open(position); }}>
  <summary>${t('proof')}</summary>${opened?.position === position ? shown(opened) : nothing}</details>`;
