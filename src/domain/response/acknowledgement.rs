//! An order is acknowledged (签收): the body has read it and carries it out.

use serde::{Deserialize, Serialize};

use super::ending::EndedHow;
use super::orders::Ordered;
use crate::domain::cooperation::definition::{Definition, Meeting, Outcome};
use crate::domain::cooperation::{
    Change, Changing, MatterState, Refused, Role, Shape, Thing, Why, required,
};

/// Acknowledges an order.
pub(crate) const ACKNOWLEDGE: Definition = Definition {
    name: "acknowledge",
    about: "Acknowledge an order",
    example: "130400 officer 3-130400",
    roles: &[Role::Officer, Role::Command],
    fields: &[required("order", Shape::Id(Thing::Order))],
    may: |it| it.is_owner_or_step(&matter_of(it.text("order"))),
    decide: acknowledge,
};

/// The matter that asks for the acknowledgement of an order.
pub(crate) fn matter_of(order: &str) -> String {
    format!("{order}/acknowledge")
}

/// The newest order of a track alone can be answered.
pub(crate) fn newest<'a>(it: &Meeting<'a>, id: &str) -> Result<&'a Ordered, Refused> {
    let orders = &it.state.orders;
    let Some(order) = orders.get(id) else { return Err(Why::UnknownObject.into()) };
    match orders.newest(&order.jurisdiction, order.track) {
        Some(newest) if **newest != *id => Err(Refused::with(Why::Superseded, newest)),
        _ if order.ended == Some(EndedHow::Expired) => Err(Why::Ended.into()),
        _ => Ok(order),
    }
}

fn acknowledge(it: &Meeting<'_>) -> Outcome {
    let id = it.text("order");
    let order = newest(it, id)?;
    if order.acknowledged {
        return Err(Why::AlreadyAcknowledged.into());
    }
    let in_time = it.state.matters.get(&matter_of(id)).is_some_and(|by| by.is_in_time(it.now));
    let (order, response) = (id.to_owned(), order.response.to_string());
    Ok(vec![OrderAcknowledged { order, response, in_time }.into()])
}

/// An order was acknowledged.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct OrderAcknowledged {
    /// Which order.
    pub order: String,
    /// The response to which it belongs.
    pub response: String,
    /// Whether it was before the deadline.
    pub in_time: bool,
}

impl Change for OrderAcknowledged {
    fn change(&self, it: &mut Changing<'_>) {
        let Changing { state, .. } = it;
        if let Some(order) = state.orders.get_mut(&self.order) {
            order.acknowledged = true;
        }
        state.keep(&self.order);
        let matter = matter_of(&self.order);
        state.matters.finish(&matter, MatterState::Answered, &mut state.calendar);
    }
}
