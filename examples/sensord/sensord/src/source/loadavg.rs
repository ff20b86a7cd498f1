//! `/proc/loadavg`: `0.20 0.18 0.12 1/80 11206`.

use serde::Serialize;

use super::{ParseError, decimal, integer};

#[derive(Debug, PartialEq, Serialize)]
pub struct Loadavg {
    /// Mean number of tasks that ran or waited for a disk, over 1, 5 and 15 minutes.
    pub one: f64,
    pub five: f64,
    pub fifteen: f64,
    /// Tasks that can run now.
    pub runnable: u64,
    /// Tasks there are.
    pub tasks: u64,
}

impl Loadavg {
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let mut fields = text.split_ascii_whitespace();
        let (one, five, fifteen) = (fields.next(), fields.next(), fields.next());
        let (runnable, tasks) = fields.next().unwrap_or_default().split_once('/').unzip();
        Ok(Self {
            one: decimal("one", one)?,
            five: decimal("five", five)?,
            fifteen: decimal("fifteen", fifteen)?,
            runnable: integer("runnable", runnable)?,
            tasks: integer("tasks", tasks)?,
        })
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub const TEXT: &str = "0.20 0.18 0.12 1/80 11206\n";

    #[test]
    fn the_example_of_proc_5_is_read() {
        let expected = Loadavg { one: 0.20, five: 0.18, fifteen: 0.12, runnable: 1, tasks: 80 };
        assert_eq!(Loadavg::parse(TEXT), Ok(expected));
    }

    #[test]
    fn what_is_no_load_is_refused() {
        let wrong = |field, value: &str| Err(ParseError::NoNumber { field, value: value.to_owned() });
        assert_eq!(Loadavg::parse(""), Err(ParseError::Missing("one")));
        assert_eq!(Loadavg::parse("0.2 0.1 0.1 80"), Err(ParseError::Missing("runnable")));
        assert_eq!(Loadavg::parse("nan 0.1 0.1 1/80"), wrong("one", "nan"));
        assert_eq!(Loadavg::parse("0.2 inf 0.1 1/80"), wrong("five", "inf"));
        assert_eq!(Loadavg::parse("0.2 0.1 -0.1 1/80"), wrong("fifteen", "-0.1"));
        assert_eq!(Loadavg::parse("0.2 0.1 0.1 1/"), wrong("tasks", ""));
    }
}
