// Every text of the page, in Chinese and English. Names of records are those of schemas/record.avsc.

const zh = {
  title: '区域大气联防联控', subtitle: '一屏', skip: '跳到各地一览', other_language: 'English',
  theme: '深浅色', live: '实时', lost: '连接中断，正在重连', hidden: '已暂停', look: '只读日志', loading: '正在读取',
  none: '无预警', yellow: '黄色', orange: '橙色', red: '红色', level_yellow: 'Ⅲ', level_orange: 'Ⅱ', level_red: 'Ⅰ', level_none: '–',
  announced: '已发布，未启动', in_force: '生效中', map: '预警级别', jurisdictions: '各地一览', board: '命令与签收', timeline: '实录',
  rooms: '会商与联合执法', consultations: '会商', cases: '案件', whistles: '吹哨报到', chart: '小时与预报',
  jurisdiction: '地区', warning: '预警', from: '起', to: '预计止', now: '现在', mean: '24 h 均值', index: '24 h 指数', trend: '前 3 天与后 5 天', stations: '站点',
  highest: '最高小时值', waiting: '待签收', overdue: '逾期', next_due: '下一时限', clock: '时钟', waits_for: '等待', records: '日志', data_of: '数据截至', fresh: '数据已有',
  silent_stations: n => `${n} 个站点无数据`, all_report: '站点均有数据', ug: 'µg/m³', hour_value: '小时值', band: '预报', mean_24h: '24 h 均值',
  schematic: '示意图，边界已简化，不作划界依据。', station_dots: '点为站点小时值，面积越大数值越高；空心为缺测。', follower: '随所在市', hatch: '斜线：已发布，未启动',
  play: '播放', pause: '暂停', to_live: '回到最新', time: '时间', lens: '看法', known: '当时所知', happened: '今日所知', lens_known: '当时已记录的内容', lens_happened: '截至当时发生的事，按今日所知', past: '正在看过去',
  order_set: n => `命令 ${n}`, effective: '自', decided: '决定', acknowledged: '已签收', of: (a, b) => `${a} / ${b}`, late: '逾期签收', in_time: '按时', due_in: '剩', overdue_by: '逾期', ended: '已结束', older: n => `较早的 ${n} 组命令`, hide_older: '收起较早的命令', no_orders: '没有命令。', linked: '区域联动',
  step_overdue: '逾期', step_reminded: '已催办', step_escalated: to => `已上报至 ${to}`, clock_stopped: '异议期间停表',
  objection: '异议', objection_open: (who, by) => `${who} 于 ${by} 前裁定`, upheld: '支持', overruled: '驳回', partly: '部分支持',
  impose: '启动', raise: '升级', advance: '提前', extend: '延长', shorten: '缩短', lower: '降级', lift: '解除', issue: '发布', amend: '调整',
  region: '区域', province: { 11: '北京', 12: '天津', 13: '河北省', 37: '山东省', 41: '河南省', 14: '山西省' },
  officer: '值班员', forecaster: '预报员', command: '指挥', inspector: '执法', reader: '只读', operator: '运维',
  filter: '筛选', all: '全部', search: '查找', no_records: '没有符合的记录。', more: n => `再显示 ${n} 条`, details: '详情', causes: '起因', proof: '证明', record: '记录', explanation: '解释', happened_at: '发生', recorded_at: '记录于', raw: '原始记录', because_of: '起因记录',
  group_warnings: '预警', group_orders: '命令', group_answers: '答复', group_consultations: '会商', group_enforcement: '执法', group_air: '空气', group_rules: '规则与输入',
  opinions: '各方意见', majority: '多数', dissent: '不同意见', conclusion: '结论', signed: '已签发', convened: '征求意见', closed: '意见截止', concluded: '已结论', lapsed: '未成', quorate: '达到人数', silent: '未表态', said: '意见', no_consultations: '没有会商。', no_cases: '没有案件。', until: '至',
  blown: '已吹哨', met: '已到场', place: '地点', sign_in: '登录', sign_out: '退出', token: '令牌', token_help: '由运维用 airshed token new 生成。只存于本标签页。', body: '单位', role: '职务', name: '姓名', cancel: '取消', send: '发送', acknowledge: '签收', object: '提出异议', report: '报告执行', measures: '措施', ground: '理由类别', reason: '理由', date: '日期', done: '执行', full: '全部', partial: '部分', not_done: '未执行', percent: '比例 %', evidence: '佐证', sent: '已记录', refused: '未被接受', without_token: '本机无令牌：可以任一单位之名操作。',
  distance: '距下一级', robustness: '稳健性', measures_of: '当前措施', clause: '条款', standard: '标准', follows: who => `随 ${who}`, close: '关闭', lead: '提前', unknown: '未知', stale: '过时', matters: '待办', no_matters: '没有待办。', reported_days: n => `已报告 ${n} 天`, exceeds: v => `> ${v}`, more_matters: n => `另有 ${n} 项`,
  hours: h => `${h} 小时`, minutes: m => `${m} 分`, days: d => `${d} 天`,
  ground_not_applicable: '不适用', ground_livelihood: '民生', ground_safety: '安全', ground_already_done: '已完成',
  government: '政府', hotline: '热线', signed_in: '已登录：', reads_only: '只读，不能下达指令', denied: '令牌已失效，请重新登录', public: '公开信息', public_only: '登录后可见命令与实录。', evidence_ref: '佐证说明',
  evidence_onsite: '现场检查', evidence_photo: '照片', evidence_ledger: '台账', evidence_power: '用电', evidence_cems: '自动监测', evidence_remote: '遥感', evidence_sample: '采样', evidence_statement: '笔录', evidence_screenshot: '截图',
  why_no_token: '需要令牌。', why_malformed_token: '这不是令牌：请完整粘贴 airshed token new 打印的文字。', why_unknown_token: '此令牌未登记，请向运维索取。', why_expired: '此令牌已过期，请向运维索取新的。', why_revoked: '此令牌已被撤销，请向运维索取新的。', why_role_not_allowed: '此令牌的职务不能这样做。', why_other_body: '此令牌属于另一单位，不能以该单位之名操作。', why_other_role: '此令牌的职务与指令不符。', why_no_answer: '没有回应。可再次发送，不会重复记录。',
  why_superseded: '此命令已被新的命令取代。', why_ended: '此命令已结束。', why_already_acknowledged: '此命令已签收。', why_already_objected: '此命令已有异议。', why_too_late: '时限已过。', why_not_yet: '该日尚未到来。', why_not_ordered: '该日没有此项措施。', why_excused: '此项措施已获豁免。', why_evidence_missing: '缺少佐证。', why_not_objectable: '解除命令不能提出异议。',
  proof_of: (position, size, steps) => `记录 ${position} 在前 ${size} 条记录之中：由其散列经 ${steps} 步得到下面的根。`, proof_leaf: '记录的散列', proof_root: '根', proof_signed: '签名', proof_evidence: '下载证据',
  types: {
    rule_book_adopted: '采用规则', forecast_received: '收到预报', interval_excluded: '剔除时段', input_refused: '拒收输入', station_silent: '站点失联', station_heard: '站点恢复', hour_closed: '小时结算', hour_amended: '小时修正', data_insufficient: '数据不足',
    warning_issued: '发布预警', warning_raised: '升级预警', warning_advanced: '提前预警', warning_extended: '延长预警', warning_shortened: '缩短预警', warning_lowered: '降级预警', warning_lifted: '解除预警', review_due: '需要复核', same_air_unlike_grade: '同气不同级',
    order_set_issued: '下达命令', order_amended: '命令修正', order_confirmed_by_amendment: '修正后命令不变', command_refused: '拒绝指令', matter_overdue: '事项逾期', matter_reminded: '催办', matter_escalated: '上报', matter_offered: '转办', matter_accepted: '接办', matter_declined: '谢绝', deadlines_moved: '时限顺延',
    order_acknowledged: '签收命令', order_objected: '提出异议', objection_decided: '异议裁定', execution_reported: '报告执行', execution_verified: '核查执行', response_closed: '响应总结', order_ended: '命令结束', warning_proposed: '拟发预警', proposal_item_decided: '审批一项', proposal_settled: '审批完成', proposal_lapsed: '审批失效',
    consultation_convened: '召集会商', opinion_given: '发表意见', opinions_closed: '意见截止', consultation_concluded: '会商结论', consultation_signed: '签发结论', consultation_lapsed: '会商未成', consultation_missed: '会商缺席', case_moved: '案件进展', whistle_blown: '吹哨', whistle_answered: '报到', whistle_met: '哨声已应', vehicle_moved: '车辆案件', episode_opened: '过程开始', episode_closed: '过程结束',
  },
};

const en = {
  title: 'Joint air-pollution control', subtitle: 'One screen', skip: 'Skip to the jurisdictions', other_language: '中文',
  theme: 'Light or dark', live: 'Live', lost: 'Connection lost, connecting again', hidden: 'Paused', look: 'Log, read-only', loading: 'Reading',
  none: 'none', yellow: 'yellow', orange: 'orange', red: 'red', level_yellow: 'III', level_orange: 'II', level_red: 'I', level_none: '–',
  announced: 'announced, not yet in force', in_force: 'in force', map: 'Warning grade', jurisdictions: 'Jurisdictions', board: 'Orders and answers', timeline: 'Timeline',
  rooms: 'Consultation and enforcement', consultations: 'Consultations', cases: 'Cases', whistles: 'Whistles', chart: 'Hours and forecast',
  jurisdiction: 'Jurisdiction', warning: 'Warning', from: 'From', to: 'Expected to', now: 'Now', mean: '24 h mean', index: '24 h index', trend: 'Last 3 days, next 5', stations: 'Stations',
  highest: 'Highest hour', waiting: 'Unanswered', overdue: 'Overdue', next_due: 'Next deadline', clock: 'Clock', waits_for: 'Waits for', records: 'Log', data_of: 'Data up to', fresh: 'Data is old by',
  silent_stations: n => `${n} ${n === 1 ? 'station' : 'stations'} silent`, all_report: 'All stations report', ug: 'µg/m³', hour_value: 'hour', band: 'forecast', mean_24h: '24 h mean',
  schematic: 'Schematic, with simplified boundaries; no statement on borders.', station_dots: 'Dots are stations: the larger, the higher their hour. Hollow: no value.', follower: 'follows its city', hatch: 'Hatched: announced, not yet in force',
  play: 'Play', pause: 'Pause', to_live: 'Newest', time: 'Time', lens: 'View', known: 'Known then', happened: 'Known today', lens_known: 'What had been recorded by then', lens_happened: 'What had happened by then, as known today', past: 'Showing the past',
  order_set: n => `Order set ${n}`, effective: 'from', decided: 'decided', acknowledged: 'acknowledged', of: (a, b) => `${a} of ${b}`, late: 'late', in_time: 'in time', due_in: 'left', overdue_by: 'overdue by', ended: 'ended', older: n => `${n} earlier order ${n === 1 ? 'set' : 'sets'}`, hide_older: 'Hide earlier order sets', no_orders: 'No orders.', linked: 'region linked',
  step_overdue: 'overdue', step_reminded: 'reminded', step_escalated: to => `escalated to ${to}`, clock_stopped: 'clock stopped by an objection',
  objection: 'Objection', objection_open: (who, by) => `${who} decides by ${by}`, upheld: 'upheld', overruled: 'overruled', partly: 'partly upheld',
  impose: 'impose', raise: 'raise', advance: 'advance', extend: 'extend', shorten: 'shorten', lower: 'lower', lift: 'lift', issue: 'issue', amend: 'amend',
  region: 'Region', province: { 11: 'Beijing', 12: 'Tianjin', 13: 'Hebei province', 37: 'Shandong', 41: 'Henan', 14: 'Shanxi' },
  officer: 'officer', forecaster: 'forecaster', command: 'command', inspector: 'inspector', reader: 'reader', operator: 'operator',
  filter: 'Filter', all: 'All', search: 'Find', no_records: 'No such records.', more: n => `Show ${n} more`, details: 'Details', causes: 'Causes', proof: 'Proof', record: 'Record', explanation: 'Explanation', happened_at: 'Happened', recorded_at: 'recorded', raw: 'The record', because_of: 'Because of record',
  group_warnings: 'Warnings', group_orders: 'Orders', group_answers: 'Answers', group_consultations: 'Consultation', group_enforcement: 'Enforcement', group_air: 'Air', group_rules: 'Rules and inputs',
  opinions: 'Opinions', majority: 'Majority', dissent: 'Dissent', conclusion: 'Conclusion', signed: 'signed', convened: 'open', closed: 'opinions closed', concluded: 'concluded', lapsed: 'lapsed', quorate: 'quorate', silent: 'Silent', said: 'said', no_consultations: 'No consultations.', no_cases: 'No cases.', until: 'to',
  blown: 'blown', met: 'met', place: 'Place', sign_in: 'Sign in', sign_out: 'Sign out', token: 'Token', token_help: 'An operator makes it with airshed token new. It stays in this tab only.', body: 'Body', role: 'Role', name: 'Name', cancel: 'Cancel', send: 'Send', acknowledge: 'Acknowledge', object: 'Object', report: 'Report', measures: 'Measures', ground: 'Ground', reason: 'Reason', date: 'Date', done: 'Carried out', full: 'fully', partial: 'in part', not_done: 'not', percent: 'Per cent', evidence: 'Evidence', sent: 'Recorded', refused: 'Not taken', without_token: 'This machine asks for no token: you can act for any body.',
  distance: 'To the next grade', robustness: 'Robustness', measures_of: 'Measures in force', clause: 'Clause', standard: 'Standard', follows: who => `follows ${who}`, close: 'Close', lead: 'Lead', unknown: 'unknown', stale: 'stale', matters: 'Open matters', no_matters: 'Nothing is open.', reported_days: n => `${n} ${n === 1 ? 'day' : 'days'} reported`, exceeds: v => `> ${v}`, more_matters: n => `${n} more`,
  hours: h => `${h} h`, minutes: m => `${m} min`, days: d => `${d} d`,
  ground_not_applicable: 'does not apply', ground_livelihood: 'livelihood', ground_safety: 'safety', ground_already_done: 'done already',
  government: 'government', hotline: 'hotline', signed_in: 'Signed in:', reads_only: 'reads only, gives no commands', denied: 'The token is not valid any more: sign in again', public: 'Public view', public_only: 'Sign in to see orders and records.', evidence_ref: 'Which evidence',
  evidence_onsite: 'on site', evidence_photo: 'photo', evidence_ledger: 'ledger', evidence_power: 'electricity', evidence_cems: 'emission monitor', evidence_remote: 'remote sensing', evidence_sample: 'sample', evidence_statement: 'statement', evidence_screenshot: 'screenshot',
  why_no_token: 'This needs a token.', why_malformed_token: 'This is no token: paste the whole text that airshed token new printed.', why_unknown_token: 'This token is not known here: ask the operator for one.', why_expired: 'This token has expired: ask the operator for a new one.', why_revoked: 'This token was revoked: ask the operator for a new one.', why_role_not_allowed: 'The role of this token may not do this.', why_other_body: 'This token is of another body and may not act for this one.', why_other_role: 'The role of this token is not the one of the command.', why_no_answer: 'No answer. Send it again: it is recorded once.',
  why_superseded: 'A newer order has taken the place of this one.', why_ended: 'This order has ended.', why_already_acknowledged: 'This order is acknowledged already.', why_already_objected: 'There is an objection to this order already.', why_too_late: 'The deadline has passed.', why_not_yet: 'That day has not come.', why_not_ordered: 'The measure was not in force on that day.', why_excused: 'This measure is excused.', why_evidence_missing: 'Evidence is missing.', why_not_objectable: 'A lift cannot be objected to.',
  proof_of: (position, size, steps) => `Record ${position} is among the first ${size} records: from its hash, ${steps} steps lead to the root below.`, proof_leaf: 'Hash of the record', proof_root: 'Root', proof_signed: 'Signed by', proof_evidence: 'Download the evidence',
  types: {
    rule_book_adopted: 'Rule book adopted', forecast_received: 'Forecast received', interval_excluded: 'Interval excluded', input_refused: 'Input refused', station_silent: 'Station silent', station_heard: 'Station heard', hour_closed: 'Hour closed', hour_amended: 'Hour amended', data_insufficient: 'Too few values',
    warning_issued: 'Warning issued', warning_raised: 'Warning raised', warning_advanced: 'Warning advanced', warning_extended: 'Warning extended', warning_shortened: 'Warning shortened', warning_lowered: 'Warning lowered', warning_lifted: 'Warning lifted', review_due: 'Review due', same_air_unlike_grade: 'Same air, unlike grade',
    order_set_issued: 'Order set issued', order_amended: 'Order amended', order_confirmed_by_amendment: 'Order stands after amendment', command_refused: 'Command refused', matter_overdue: 'Overdue', matter_reminded: 'Reminded', matter_escalated: 'Escalated', matter_offered: 'Matter offered', matter_accepted: 'Matter accepted', matter_declined: 'Matter declined', deadlines_moved: 'Deadlines moved',
    order_acknowledged: 'Order acknowledged', order_objected: 'Objection', objection_decided: 'Objection decided', execution_reported: 'Execution reported', execution_verified: 'Execution verified', response_closed: 'Response closed', order_ended: 'Order ended', warning_proposed: 'Warning proposed', proposal_item_decided: 'Proposed item decided', proposal_settled: 'Proposal settled', proposal_lapsed: 'Proposal lapsed',
    consultation_convened: 'Consultation convened', opinion_given: 'Opinion given', opinions_closed: 'Opinions closed', consultation_concluded: 'Consultation concluded', consultation_signed: 'Consultation signed', consultation_lapsed: 'Consultation lapsed', consultation_missed: 'Consultation missed', case_moved: 'Case moved', whistle_blown: 'Whistle blown', whistle_answered: 'Whistle answered', whistle_met: 'Whistle met', vehicle_moved: 'Vehicle case moved', episode_opened: 'Episode opened', episode_closed: 'Episode closed',
  },
};

export const WORDS = { zh, en };

// The groups of the timeline, by type.
export const GROUPS = {
  warnings: ['warning_issued', 'warning_raised', 'warning_advanced', 'warning_extended', 'warning_shortened', 'warning_lowered', 'warning_lifted', 'review_due', 'same_air_unlike_grade', 'warning_proposed', 'proposal_item_decided', 'proposal_settled', 'proposal_lapsed', 'episode_opened', 'episode_closed'],
  orders: ['order_set_issued', 'order_amended', 'order_confirmed_by_amendment', 'order_ended'],
  answers: ['order_acknowledged', 'order_objected', 'objection_decided', 'matter_overdue', 'matter_reminded', 'matter_escalated', 'matter_offered', 'matter_accepted', 'matter_declined', 'deadlines_moved', 'execution_reported', 'execution_verified', 'response_closed', 'command_refused'],
  consultations: ['consultation_convened', 'opinion_given', 'opinions_closed', 'consultation_concluded', 'consultation_signed', 'consultation_lapsed', 'consultation_missed'],
  enforcement: ['case_moved', 'whistle_blown', 'whistle_answered', 'whistle_met', 'vehicle_moved'],
  air: ['hour_closed', 'hour_amended', 'data_insufficient', 'station_silent', 'station_heard', 'forecast_received'],
  rules: ['rule_book_adopted', 'interval_excluded', 'input_refused'],
};

// Every type that is streamed to the page.
export const TYPES = Object.values(GROUPS).flat();
