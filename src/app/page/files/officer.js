// What a signed-in officer does: acknowledge an order, object to it, report what was carried out.
// The buttons are those of the rules of cooperation: what would be refused is not offered.
import { by, draw, html, iso, model, ms, name, nothing, role, shown_at, t } from './common.js';
import { ask, give, set_token } from './source.js';

const ACTOR = 'airshed-actor';
const MAY = { acknowledge: ['officer', 'command'], object: ['officer', 'command'], report: ['officer', 'command'] };
const EVIDENCE = ['onsite', 'photo', 'ledger', 'power', 'cems', 'remote', 'sample', 'statement', 'screenshot'];
let open = null;
let outcome = null;

// Who acts: the owner of the token. A program that asks for none takes the word of its reader.
export function actor() {
  if (model.caller?.caller === 'known') return model.caller;
  if (model.caller?.caller !== 'local' || !model.caller.gives_commands) return null;
  return JSON.parse(sessionStorage.getItem(ACTOR) ?? 'null');
}

// Whether the one who is signed in may do this with an order now.
export function may(command, order) {
  const own = actor();
  if (!own || !model.caller.gives_commands || model.view.at !== null) return false;
  if (!MAY[command].includes(own.role) || order.ended) return false;
  if (command === 'acknowledge') {
    const steps = model.state.ladder.get(`${order.order}/acknowledge`)?.steps ?? [];
    const is_asked = own.jurisdiction === order.jurisdiction || steps.includes(own.jurisdiction);
    return is_asked && Boolean(order.acknowledge_by) && !order.acknowledged;
  }
  if (own.jurisdiction !== order.jurisdiction || order.act === 'lift') return false;
  if (command === 'report') return Boolean(order.response);
  return ms(order.acknowledge_by) > shown_at() && !model.state.objections.has(order.order);
}

function close() {
  if (!open) return;
  open = null;
  outcome = null;
  document.querySelector('dialog[open]')?.close();
  draw();
}

function start(dialog) {
  open = dialog;
  outcome = null;
  draw();
}

// A dialog is shown once it has been drawn.
export function show_dialog() {
  const dialog = document.querySelector('dialog');
  if (open && dialog && !dialog.open) dialog.showModal();
}

// The page begins anew, so that it shows what the other caller may see.
function sign_out() {
  set_token(null);
  sessionStorage.removeItem(ACTOR);
  location.reload();
}

export const can_sign_in = () => model.caller?.caller !== 'local' || model.caller.gives_commands;
export const open_sign = () => (actor() ? sign_out() : start({ kind: 'sign_in' }));
export const open_command = (command, order) => start({ kind: command, order: order.order });

// Who is signed in, and that a reader only reads.
export function signed_in() {
  const own = actor();
  if (!own) return nothing;
  const reads = Object.values(MAY).some(it => it.includes(own.role)) ? nothing : html` <b>${t('reads_only')}</b>`;
  return html`<p class="signed-in" id="signed-in" role="status">${t('signed_in')} ${name(own.jurisdiction)} · ${role(own.role)} · ${own.name}${reads}</p>`;
}

// Why something was refused: in the language of the page where the reason is a known one.
export function refusal(error) {
  const key = `why_${error.problem?.reason ?? ''}`;
  const words = t(key);
  if (error.status === undefined) return t('why_no_answer');
  return words === key ? error.message : words;
}

async function sign_in(event) {
  event.preventDefault();
  const form = new FormData(event.target);
  const text = key => String(form.get(key) ?? '').trim();
  if (model.caller.caller === 'local') {
    sessionStorage.setItem(ACTOR, JSON.stringify({ jurisdiction: text('body'), role: text('role'), name: text('name') }));
    close();
    return;
  }
  const token = text('token');
  try {
    const found = await ask('/v1/caller', { headers: { authorization: `Bearer ${token}` } });
    if (found.caller !== 'known') throw Object.assign(new Error(t('why_no_token')), { status: 401 });
    set_token(token);
    location.reload();
  } catch (error) {
    outcome = { good: false, words: refusal(error) };
    draw();
  }
}

// A command as the topic of commands takes it, given at the clock of the log.
function envelope(command, body) {
  const own = actor();
  return {
    id: `page-${crypto.randomUUID()}`,
    actor: { jurisdiction: own.jurisdiction, role: own.role, name: own.name },
    given_at: `${iso(shown_at())}:00+08:00`,
    status: 'actual',
    command,
    body,
  };
}

// Without an answer it is not known whether it was recorded: then the same command is sent again.
async function send(event) {
  event.preventDefault();
  const body = body_of(new FormData(event.target));
  const dialog = open;
  if (dialog.is_sending) return;
  if (JSON.stringify(dialog.sent?.body) !== JSON.stringify(body)) dialog.sent = envelope(dialog.kind, body);
  dialog.is_sending = true;
  outcome = null;
  draw();
  try {
    const answer = await give(dialog.sent);
    outcome = { good: true, words: `${t('sent')}: ${answer.outcome?.map(it => it.position).join(', ')}` };
  } catch (error) {
    if (error.status !== undefined) dialog.sent = null;
    outcome = { good: false, words: `${t('refused')}: ${refusal(error)}` };
  }
  dialog.is_sending = false;
  // Who has closed the dialog meanwhile sees the outcome on the board.
  if (open !== dialog) outcome = null;
  draw();
}

function body_of(form) {
  const { kind, order } = open;
  const text = key => String(form.get(key) ?? '').trim();
  const measures = form.getAll('measures');
  const evidence = text('evidence') ? [{ kind: text('evidence_kind'), ref: text('evidence') }] : [];
  if (kind === 'acknowledge') return { order };
  if (kind === 'object') return { order, measures, ground: text('ground'), reason: text('reason'), evidence };
  const of_report = measure => {
    const done = text(`done-${measure}`);
    const percent = done === 'part' ? { percent: Number(text(`percent-${measure}`)) } : {};
    return { measure, done, ...percent, evidence: done === 'none' ? [] : evidence };
  };
  return { order, date: text('date'), measures: measures.map(of_report) };
}

export function measure_text(id) {
  const found = model.airshed.measures.find(it => it.measure === id);
  return (model.view.lang === 'zh' ? found?.text_zh : found?.text) ?? id;
}

// How much of a measure was carried out; a part has its share.
const done = id => html`<span class="done">
  <select name="done-${id}" aria-label="${t('done')}: ${measure_text(id)}" @change=${draw}>${[['full', 'full'], ['part', 'partial'], ['none', 'not_done']].map(([value, word]) => html`<option value=${value}>${t(word)}</option>`)}</select>
  <input type="number" name="percent-${id}" min="0" max="100" value="50" aria-label="${t('percent')}: ${measure_text(id)}"></span>`;

const check = (id, is_report) => html`<div class="check"><label><input type="checkbox" name="measures" value=${id} ?checked=${is_report}> ${measure_text(id)}</label>
  ${is_report ? done(id) : nothing}</div>`;

const grounds = () => html`<label>${t('ground')} <select name="ground">${['not_applicable', 'livelihood', 'safety', 'already_done'].map(it => html`<option value=${it}>${t(`ground_${it}`)}</option>`)}</select></label>
  <label>${t('reason')} <input name="reason" required maxlength="2000"></label>`;

const evidence = () => html`<label>${t('evidence')} <select name="evidence_kind">${EVIDENCE.map(it => html`<option value=${it}>${t(`evidence_${it}`)}</option>`)}</select></label>
  <label>${t('evidence_ref')} <input name="evidence" required maxlength="2000"></label>`;

const said = () => (outcome ? html`<p role="alert" class=${outcome.good ? 'good' : 'alarm'} id="outcome">${outcome.words}</p>` : nothing);

// The day that is reported: yesterday, or the first day of the order if that is later.
function date_of(order) {
  const yesterday = shown_at() - 86_400_000;
  const from = ms(order.full?.effective_at ?? yesterday);
  return iso(Math.max(yesterday, from)).slice(0, 10);
}

function command() {
  const { kind } = open;
  const orders = [...model.state.sets.values()].flatMap(set => set.orders);
  const order = orders.find(it => it.order === open.order);
  const measures = order?.full?.measures ?? [];
  const more = kind === 'acknowledge' ? nothing : html`
    <fieldset><legend>${t('measures')}</legend>${measures.map(id => check(id, kind === 'report'))}</fieldset>
    ${kind === 'object' ? grounds() : html`<label>${t('date')} <input type="date" name="date" required value=${date_of(order)}></label>`}
    ${evidence()}`;
  return html`<form @submit=${send}>
    <h2 id="h-dialog">${t(kind)}: ${open.order} ${name(order?.jurisdiction)}</h2>
    <p class="note">${by(actor())} · ${role(actor()?.role)}</p>
    ${outcome?.good ? nothing : more}${said()}
    <p class="buttons"><button type="button" @click=${close}>${outcome?.good ? t('close') : t('cancel')}</button>
      ${outcome?.good ? nothing : html`<button type="submit" class="do" ?disabled=${open.is_sending}>${t('send')}</button>`}</p>
  </form>`;
}

const by_choice = () => html`
  <label>${t('body')} <select name="body">${model.airshed.bodies.map(it => html`<option value=${it}>${name(it)} (${it})</option>`)}</select></label>
  <label>${t('role')} <select name="role">${['officer', 'command'].map(it => html`<option value=${it}>${t(it)}</option>`)}</select></label>
  <label>${t('name')} <input name="name" required autocomplete="name" maxlength="200"></label>
  <p class="note">${t('without_token')}</p>`;

const by_token = () => html`
  <label>${t('token')} <input name="token" type="password" required autocomplete="off" aria-describedby="token-help"></label>
  <p id="token-help" class="note">${t('token_help')}</p>`;

const sign_in_form = is_page => html`<form @submit=${sign_in}>
  <h2 id="h-dialog">${t('sign_in')}</h2>
  ${model.caller?.caller === 'local' ? by_choice() : by_token()}${said()}
  <p class="buttons">${is_page ? nothing : html`<button type="button" @click=${close}>${t('cancel')}</button>`}<button type="submit" class="do">${t('sign_in')}</button></p>
</form>`;

// Where nothing may be seen without a token, there is nothing but the form.
export const sign_in_page = () => html`<main class="alone"><h1>${t('title')}</h1>
  ${model.error ? html`<p class="alarm" role="alert">${model.error}</p>` : nothing}${sign_in_form(true)}</main>`;

export const dialogs = () => (open ? html`<dialog @close=${close} aria-labelledby="h-dialog">${open.kind === 'sign_in' ? sign_in_form(false) : command()}</dialog>` : nothing);
