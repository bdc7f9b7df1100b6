// What the page knows: a pure fold of the records of a log. It is the same for live and for the
// slider. A state is never changed: evolve returns a new one, so an old one can be shown again.
// The parts have the form in which the API answers, so that both can be compared.

const HOURS_MAX = 9 * 24;

export const empty = () => ({
  position: -1,
  recorded_at: null,
  happened_at: null,
  hour: null,
  closed_at: null,
  rows: {},
  outlooks: {},
  sets: new Map(),
  ladder: new Map(),
  objections: new Map(),
  reports: new Map(),
  responses: new Map(),
  consultations: new Map(),
  cases: new Map(),
  whistles: new Map(),
  proposals: new Map(),
  silent: new Set(),
});

const put = (map, key, value) => new Map(map).set(key, value);
const change = (map, key, make) => put(map, key, make(map.get(key)));
const row = (state, code) => state.rows[code] ?? { air: null, warning: null, order: null, hours: [] };
const set_row = (state, code, parts) =>
  ({ ...state, rows: { ...state.rows, [code]: { ...row(state, code), ...parts } } });

// The order of an id such as 3-130400, changed in its set.
function change_order(state, order, make) {
  const epoch = Number.parseInt(order, 10);
  const set = state.sets.get(epoch);
  if (!set) return state;
  const orders = set.orders.map(it => (it.order === order ? { ...it, ...make(it) } : it));
  return { ...state, sets: put(state.sets, epoch, { ...set, orders }) };
}

function act(state, record) {
  const { body } = record;
  const warning = record.type === 'warning_lifted' ? null : body;
  return set_row(state, body.jurisdiction, { warning, last_act: record });
}

function hour_closed(state, { body, position }) {
  const rows = { ...state.rows };
  for (const city of body.jurisdictions) {
    const code = city.jurisdiction;
    const was = row(state, code);
    const air = { ...city, hour: body.hour };
    rows[code] = { ...was, air, hours: [...was.hours.slice(1 - HOURS_MAX), { ...air, record: position }] };
  }
  return { ...state, rows, hour: body.hour, closed_at: body.closed_at };
}

function hour_amended(state, { body }) {
  const was = row(state, body.jurisdiction);
  const amend = it => (it.hour === body.hour ? { ...it, pm25_ug_m3: body.new_ug_m3, amended: true } : it);
  return set_row(state, body.jurisdiction, { hours: was.hours.map(amend) });
}

function order_set_issued(state, { body, position }) {
  let next = state;
  const on_board = [];
  for (const order of body.orders) {
    next = set_row(next, order.jurisdiction, { order });
    if (order.response) on_board.push(order);
  }
  for (const order of body.floor_orders ?? []) on_board.push(order);
  const orders = on_board.map(it => ({
    order: it.order,
    jurisdiction: it.jurisdiction,
    response: it.response,
    act: it.act,
    grade: it.grade,
    acknowledge_by: it.acknowledge_by,
    acknowledged: null,
    ended: null,
    full: it,
  }));
  const { epoch, decided_at, effective_at } = body;
  const set = { epoch, record: position, decided_at, effective_at, linked: body.linked, orders };
  return { ...next, sets: put(next.sets, epoch, set) };
}

const forecast_received = (state, { body, position }) => {
  const outlooks = { ...state.outlooks };
  for (const it of body.outlooks) {
    outlooks[it.jurisdiction] =
      { issued_at: body.issued_at, maker: body.maker, first: it.first, hours: it.hours, record: position };
  }
  return { ...state, outlooks };
};

const step = name => (state, { body }) =>
  ({ ...state, ladder: change(state.ladder, body.matter, was => ({ ...was, ...body, step: name })) });

const consult = (state, body, parts) => {
  const make = was => ({ opinions: {}, ...was, ...parts(was ?? {}) });
  return { ...state, consultations: change(state.consultations, body.consultation, make) };
};

const whistle = (state, { body }, parts) => {
  const make = was => ({ answers: [], ...was, ...parts(was ?? { answers: [] }) });
  return { ...state, whistles: change(state.whistles, body.whistle, make) };
};

const FOLDS = {
  hour_closed,
  hour_amended,
  forecast_received,
  order_set_issued,
  warning_issued: act,
  warning_raised: act,
  warning_advanced: act,
  warning_extended: act,
  warning_shortened: act,
  warning_lowered: act,
  warning_lifted: act,
  station_silent: (state, { body }) => ({ ...state, silent: new Set(state.silent).add(body.station) }),
  station_heard: (state, { body }) =>
    ({ ...state, silent: new Set([...state.silent].filter(it => it !== body.station)) }),
  order_acknowledged: (state, { body, position }) =>
    change_order(state, body.order, () =>
      ({ acknowledged: { record: position, at: body.at, by: body.by, in_time: body.in_time } })),
  order_ended: (state, { body }) => change_order(state, body.order, () => ({ ended: body.how })),
  order_objected: (state, { body, position }) =>
    ({ ...state, objections: put(state.objections, body.order, { ...body, record: position, outcome: null }) }),
  objection_decided: (state, { body }) => {
    const make = was => ({ ...was, outcome: body.outcome, how: body.how, decided_by: body.by, decided_at: body.at });
    const next = { ...state, objections: change(state.objections, body.order, make) };
    if (!body.acknowledge_by) return next;
    return change_order(next, body.order, () => ({ acknowledge_by: body.acknowledge_by }));
  },
  matter_overdue: step('overdue'),
  matter_reminded: step('reminded'),
  matter_escalated: (state, record) => {
    const steps = [...(state.ladder.get(record.body.matter)?.steps ?? []), record.body.to];
    return step('escalated')(state, { body: { ...record.body, steps } });
  },
  execution_reported: (state, { body }) => {
    const make = was => ({ ...was, [body.date]: { ...was?.[body.date], ...body } });
    return { ...state, reports: change(state.reports, body.response, make) };
  },
  execution_verified: (state, { body }) => {
    const add = was => ({ ...was, verified: [...(was?.verified ?? []), body] });
    const make = was => ({ ...was, [body.date]: add(was?.[body.date]) });
    return { ...state, reports: change(state.reports, body.response, make) };
  },
  response_closed: (state, { body }) => ({ ...state, responses: put(state.responses, body.response, body) }),
  consultation_convened: (state, { body }) => consult(state, body, () => ({ ...body, state: 'convened' })),
  opinion_given: (state, { body }) =>
    consult(state, body, was => ({ opinions: { ...was.opinions, [body.participant]: body } })),
  opinions_closed: (state, { body }) => consult(state, body, () =>
    ({ state: 'closed', spoken: body.spoken, silent: body.silent, quorate: body.quorate })),
  consultation_concluded: (state, { body }) => consult(state, body, () =>
    ({ state: 'concluded', concludes: body.concludes, dissent: body.dissent, text: body.text, concluded_by: body.by })),
  consultation_signed: (state, { body }) => consult(state, body, () =>
    ({ state: 'signed', concludes: body.concludes, dissent: body.dissent, signed_by: body.by, signed_at: body.at })),
  consultation_lapsed: (state, { body }) => consult(state, body, () => ({ state: 'lapsed' })),
  case_moved: (state, { body, position }) => {
    const make = was => ({
      ...was, ...body, moves: [...(was?.moves ?? []), { ...body, record: position }],
      place: body.place ?? was?.place, text: body.text ?? was?.text, source: body.source ?? was?.source,
    });
    return { ...state, cases: change(state.cases, body.case, make) };
  },
  whistle_blown: (state, record) => whistle(state, record, () => ({ ...record.body, state: 'blown' })),
  whistle_answered: (state, record) => whistle(state, record, was => ({ answers: [...was.answers, record.body] })),
  whistle_met: (state, record) => whistle(state, record, () => ({ state: 'met' })),
  warning_proposed: (state, { body }) => ({ ...state, proposals: put(state.proposals, body.proposal, body) }),
  proposal_settled: (state, { body }) => without(state, body.proposal),
  proposal_lapsed: (state, { body }) => without(state, body.proposal),
};

function without(state, proposal) {
  const proposals = new Map(state.proposals);
  proposals.delete(proposal);
  return { ...state, proposals };
}

// The state after one more record. A kind that the page does not show changes nothing but the clock.
export function evolve(state, record) {
  const fold = FOLDS[record.type];
  const next = fold && record.body ? fold(state, record) : state;
  return {
    ...next,
    position: record.position,
    recorded_at: record.recorded_at,
    happened_at: record.happened_at > (next.happened_at ?? '') ? record.happened_at : next.happened_at,
  };
}

export const FOLDED = Object.keys(FOLDS);

// A state from what the API answers of the present: for the first view, until the history has come.
export function begin(jurisdictions, matters, status) {
  const state = empty();
  for (const it of jurisdictions.jurisdictions) {
    const { jurisdiction, air, warning, order } = it;
    state.rows[jurisdiction] = { air, warning, order, hours: [] };
    if (air && air.hour > (state.hour ?? '')) state.hour = air.hour;
  }
  for (const set of matters.order_sets) state.sets.set(set.epoch, set);
  for (const it of status.silent_stations ?? []) state.silent.add(it);
  const clock = status.clock;
  return { ...state, position: status.records - 1, recorded_at: clock, happened_at: clock };
}
