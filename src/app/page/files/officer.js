// What a signed-in officer does: acknowledge an order, object to it, report what was carried out.
import { draw, html, iso, model, ms, name, nothing, shown_at, t } from './common.js';
import { ask, give, set_token, token } from './source.js';

let open = null;
let outcome = null;

// Who acts: by a token, or by choice where the program asks for none.
export const can_act = code => model.view.at === null && model.officer?.jurisdictions(code) === true;

function close() {
  open = null;
  outcome = null;
  document.querySelector('dialog[open]')?.close();
  draw();
}

function start(dialog) {
  open = dialog;
  outcome = null;
  draw();
  requestAnimationFrame(() => requestAnimationFrame(() => document.querySelector('dialog')?.showModal?.()));
}

export function open_sign_in() {
  if (token() || model.officer) {
    set_token(null);
    model.officer = null;
    draw();
    return;
  }
  start({ kind: 'sign_in' });
}

export function open_command(command, order) { start({ kind: command, order }); }

function sign_in(event) {
  event.preventDefault();
  const form = new FormData(event.target);
  const [body, role, called, secret] = ['body', 'role', 'name', 'token'].map(it => String(form.get(it) ?? '').trim());
  set_token(secret || null);
  const jurisdictions = code => body === 'region' || code === body || (body.length === 2 && code.startsWith(body));
  model.officer = { body, role, name: called, jurisdictions };
  close();
}

// A command as the topic of commands takes it. Where the clock of the log is not that of the wall,
// as in a replay, it is given at the clock of the log.
function envelope(command, body) {
  const clock = ms(model.status?.clock ?? Date.now());
  const now = Date.now() - clock > 86_400_000 ? clock : Date.now();
  const { officer } = model;
  return {
    id: `page-${crypto.randomUUID()}`,
    actor: { jurisdiction: officer.body, role: officer.role, name: officer.name },
    given_at: `${iso(now)}:00+08:00`,
    status: 'actual',
    command,
    body,
  };
}

async function send(event) {
  event.preventDefault();
  const form = new FormData(event.target);
  const order = open.order.order;
  const text = key => String(form.get(key) ?? '').trim();
  const measures = form.getAll('measures');
  const of_report = measure => ({ measure, done: text(`done-${measure}`), ...evidence(text('evidence')) });
  const bodies = {
    acknowledge: () => ({ order }),
    object: () => ({ order, measures, ground: text('ground'), reason: text('reason'), ...evidence(text('evidence')) }),
    report: () => ({ order, date: text('date'), measures: measures.map(of_report) }),
  };
  try {
    const answer = await give(envelope(open.kind, bodies[open.kind]()));
    outcome = { good: true, words: `${t('sent')}: ${answer.outcome?.map(it => `${it.type} ${it.position}`).join(', ')}` };
  } catch (error) {
    outcome = { good: false, words: `${t('refused')}: ${error.message}` };
  }
  draw();
}

const evidence = ref => (ref ? { evidence: [{ kind: 'onsite', ref }] } : {});

const measures_of = it => it.full?.measures ?? [];
const check = it => html`<fieldset><legend>${t('measures')}</legend>${measures_of(it).map(id => html`<label class="check"><input type="checkbox" name="measures" value=${id} ?checked=${open.kind === 'report'}> ${id}
  ${open.kind === 'report' ? html`<select name="done-${id}" aria-label="${t('done')}: ${id}">${[['full', 'full'], ['part', 'partial'], ['none', 'not_done']].map(([value, word]) => html`<option value=${value}>${t(word)}</option>`)}</select>` : nothing}</label>`)}</fieldset>`;

function command() {
  const { kind, order } = open;
  return html`<form @submit=${send}>
    <h2>${t(kind)}: ${order.order} ${name(order.jurisdiction)}</h2>
    ${kind === 'acknowledge' ? nothing : check(order)}
    ${kind === 'object' ? html`<label>${t('ground')} <select name="ground">${['not_applicable', 'livelihood', 'safety', 'already_done'].map(it => html`<option value=${it}>${t(`ground_${it}`)}</option>`)}</select></label>
      <label>${t('reason')} <input name="reason" required></label>` : nothing}
    ${kind === 'report' ? html`<label>${t('date')} <input type="date" name="date" required value=${iso(shown_at() - 86_400_000).slice(0, 10)}></label>` : nothing}
    ${kind === 'acknowledge' ? nothing : html`<label>${t('evidence')} <input name="evidence"></label>`}
    ${outcome ? html`<p role="alert" class=${outcome.good ? 'good' : 'alarm'} id="outcome">${outcome.words}</p>` : nothing}
    <p class="buttons"><button type="button" @click=${close}>${outcome?.good ? t('close') : t('cancel')}</button>
      ${outcome?.good ? nothing : html`<button type="submit" class="do">${t('send')}</button>`}</p>
  </form>`;
}

const sign_in_form = () => html`<form @submit=${sign_in}>
  <h2>${t('sign_in')}</h2>
  <label>${t('body')} <select name="body">${model.airshed.bodies.map(it => html`<option value=${it}>${name(it)} (${it})</option>`)}</select></label>
  <label>${t('role')} <select name="role">${['officer', 'command'].map(it => html`<option value=${it}>${t(it)}</option>`)}</select></label>
  <label>${t('name')} <input name="name" required autocomplete="name"></label>
  <label>${t('token')} <input name="token" type="password" autocomplete="off" aria-describedby="token-help"></label>
  <p id="token-help" class="note">${t('token_help')} ${t('without_token')}</p>
  <p class="buttons"><button type="button" @click=${close}>${t('cancel')}</button><button type="submit" class="do">${t('sign_in')}</button></p>
</form>`;

export const dialogs = () => (open ? html`<dialog @close=${close} aria-label=${t(open.kind)}>${open.kind === 'sign_in' ? sign_in_form() : command()}</dialog>` : nothing);

export { ask };
