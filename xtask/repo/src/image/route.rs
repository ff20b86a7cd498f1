//! Which example gets a command, and with which of the images it names.

use glob::{Pattern, PatternError};

use super::request::{Request, Word};

/// A command for one example: its place among the examples, and the arguments it gets.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) example: usize,
    pub(super) args: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum RouteError {
    #[error("no example has an image `{wanted}`")]
    Unknown { wanted: String, known: Vec<String> },
    #[error("`{wanted}` is not a glob pattern")]
    Pattern { wanted: String, source: PatternError },
    #[error("`image {verb}` works on one image, and there are several")]
    NameNeeded { verb: String, known: Vec<String> },
    #[error("`{option}` is one place, and the images are in several examples")]
    OneOutput { option: &'static str, known: Vec<String> },
}

impl RouteError {
    pub(super) fn help(&self) -> String {
        let all = |known: &[String]| format!("there are `{}`", known.join("`, `"));
        match self {
            Self::Unknown { wanted, known } => match nearest(wanted, known) {
                Some(near) => format!("there is `{near}`"),
                None => all(known),
            },
            Self::Pattern { .. } => "`*` matches any characters, `?` one character, `[ab]` a or b".to_owned(),
            Self::NameNeeded { known, .. } => all(known),
            Self::OneOutput { known, .. } => format!("name images of one example; {}", all(known)),
        }
    }
}

/// The examples that get the command, in their order; `images` are the names that each one has. An
/// example gets the names it has, and every other argument.
pub(super) fn route(request: &Request, images: &[Vec<String>]) -> Result<Vec<Route>, RouteError> {
    let known = || images.iter().flatten().cloned().collect::<Vec<_>>();
    let mut patterns = Vec::new();
    for word in &request.words {
        if let Word::Image(wanted) = word {
            // `NAME~1` is a build of an image.
            let name = wanted.split('~').next().unwrap_or(wanted);
            let pattern = Pattern::new(name)
                .map_err(|source| RouteError::Pattern { wanted: wanted.clone(), source })?;
            if !images.iter().flatten().any(|name| pattern.matches(name)) {
                return Err(RouteError::Unknown { wanted: wanted.clone(), known: known() });
            }
            patterns.push((wanted, pattern));
        }
    }
    let verb = request.verb.as_deref().unwrap_or_default();
    if patterns.is_empty() && !request.takes_all() && known().len() > 1 {
        return Err(RouteError::NameNeeded { verb: verb.to_owned(), known: known() });
    }
    let has = |example: &[String], wanted: &str| {
        patterns.iter().any(|(text, pattern)| {
            text.as_str() == wanted && example.iter().any(|name| pattern.matches(name))
        })
    };
    let mut routes = Vec::new();
    for (example, names) in images.iter().enumerate() {
        if patterns.is_empty() || patterns.iter().any(|(wanted, _)| has(names, wanted)) {
            let words = request.words.iter().filter_map(|word| match word {
                Word::Image(wanted) => has(names, wanted).then(|| wanted.clone()),
                Word::Other(word) | Word::Command(word) => Some(word.clone()),
            });
            routes.push(Route { example, args: [verb.to_owned()].into_iter().chain(words).collect() });
        }
    }
    match request.output() {
        Some(option) if routes.len() > 1 => Err(RouteError::OneOutput { option, known: known() }),
        _ => Ok(routes),
    }
}

fn nearest<'a>(wanted: &str, known: &'a [String]) -> Option<&'a String> {
    let limit = wanted.chars().count() / 3 + 1;
    let distance = |name: &String| strsim::damerau_levenshtein(wanted, name);
    known.iter().filter(|name| distance(name) <= limit).min_by_key(|name| distance(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn try_route(line: &str) -> Result<Vec<Route>, RouteError> {
        let request = Request::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        let examples = [&["cockpit-cluster", "cockpit-rear"][..], &["gateway"], &["sensord"]];
        route(&request, &examples.map(|names| names.iter().map(|&name| name.to_owned()).collect()))
    }

    fn routed(line: &str) -> Vec<(usize, String)> {
        let routes = try_route(line).unwrap().into_iter();
        routes.map(|route| (route.example, route.args.join(" "))).collect()
    }

    fn to(routes: &[(usize, &str)]) -> Vec<(usize, String)> {
        routes.iter().map(|(example, args)| (*example, (*args).to_owned())).collect()
    }

    #[test]
    fn a_build_goes_to_the_example_of_its_image() {
        assert_eq!(routed("diff sensord~2"), to(&[(2, "diff sensord~2")]));
    }

    #[test]
    fn no_name_is_every_example() {
        assert_eq!(routed("plan -v"), to(&[(0, "plan -v"), (1, "plan -v"), (2, "plan -v")]));
    }

    #[test]
    fn a_name_goes_to_the_example_that_has_it() {
        assert_eq!(routed("build sensord --profile dev"), to(&[(2, "build sensord --profile dev")]));
        assert_eq!(routed("push sensord stable"), to(&[(2, "push sensord stable")]));
    }

    #[test]
    fn each_example_gets_the_names_it_has() {
        assert_eq!(
            routed("build -q gateway cockpit-rear cockpit-* --locked"),
            to(&[(0, "build -q cockpit-rear cockpit-* --locked"), (1, "build -q gateway --locked")])
        );
        assert_eq!(routed("build *e*"), to(&[(0, "build *e*"), (1, "build *e*"), (2, "build *e*")]));
    }

    #[test]
    fn a_name_that_nobody_has_is_refused_with_the_nearest() {
        let error = try_route("build sensrod").unwrap_err();
        assert_eq!(error.to_string(), "no example has an image `sensrod`");
        assert_eq!(error.help(), "there is `sensord`");
        let error = try_route("build telematics").unwrap_err();
        assert_eq!(error.help(), "there are `cockpit-cluster`, `cockpit-rear`, `gateway`, `sensord`");
        assert_eq!(try_route("build [").unwrap_err().to_string(), "`[` is not a glob pattern");
    }

    #[test]
    fn a_command_on_one_image_wants_its_name() {
        let error = try_route("push").unwrap_err();
        assert_eq!(error.to_string(), "`image push` works on one image, and there are several");
        assert_eq!(routed("gc"), to(&[(0, "gc"), (1, "gc"), (2, "gc")]));
    }

    #[test]
    fn several_examples_do_not_write_to_one_place() {
        for line in ["emit -o out", "emit -oout", "build --output=oci-archive:x", "emit --output out *s*"] {
            let error = try_route(line).unwrap_err().to_string();
            assert!(error.ends_with("is one place, and the images are in several examples"), "{error}");
        }
        assert_eq!(routed("emit -o out sensord"), to(&[(2, "emit -o out sensord")]));
    }
}
