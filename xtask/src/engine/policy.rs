//! Which engine may be used.

use super::{ENGINES, Engine, EngineError, names};

/// Which engine may be used.
#[derive(Debug, Clone, Copy)]
pub(crate) enum EnginePolicy {
    /// None: a result that is not cached is missing.
    Never,
    /// The first that is available, for the layers in which something runs.
    Any,
    /// This one, for every layer.
    Only(&'static dyn Engine),
}

/// `--engine` for [`EnginePolicy::Any`] and [`EnginePolicy::Never`].
const ANY: &str = "auto";
const NEVER: &str = "native";

impl EnginePolicy {
    /// Returns the values of `--engine` with their help.
    pub(crate) fn values() -> Vec<(&'static str, String)> {
        let any =
            format!("{} for the layers in which something runs, this process for the others", names(" or "));
        let never = "This process; layers in which something runs must have been built before".to_owned();
        let only = ENGINES.map(|engine| (engine.name(), format!("{} for every layer", engine.name())));
        [(ANY, any), (NEVER, never)].into_iter().chain(only).collect()
    }

    /// Returns the policy of a value of `--engine`.
    pub(crate) fn of_value(value: &str) -> Option<Self> {
        match value {
            ANY => Some(Self::Any),
            NEVER => Some(Self::Never),
            name => ENGINES.into_iter().find(|engine| engine.name() == name).map(Self::Only),
        }
    }

    /// Returns the engine, which is available; none where none may be used.
    pub(super) fn engine(self) -> Result<Option<&'static dyn Engine>, EngineError> {
        match self {
            Self::Never => Ok(None),
            Self::Any => available().map(Some).ok_or(EngineError::NoEngine),
            Self::Only(engine) => {
                engine.require()?;
                Ok(Some(engine))
            }
        }
    }

    /// Whether the engine also builds the layers that this process could write.
    pub(crate) fn builds_every_layer(self) -> bool {
        matches!(self, Self::Only(_))
    }

    /// Returns the name of what builds an image, as `--engine` has it.
    pub(crate) fn builder(self, has_engine_layers: bool) -> &'static str {
        match self {
            Self::Only(engine) if has_engine_layers => engine.name(),
            // Cached layers need no engine that is installed now.
            Self::Any | Self::Never if has_engine_layers => available().unwrap_or(ENGINES[0]).name(),
            Self::Never | Self::Any | Self::Only(_) => NEVER,
        }
    }
}

fn available() -> Option<&'static dyn Engine> {
    ENGINES.into_iter().find(|engine| engine.require().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_of_the_option_is_a_policy() {
        for (value, help) in EnginePolicy::values() {
            let policy = EnginePolicy::of_value(value).unwrap();
            assert_eq!(policy.builds_every_layer(), help.ends_with("for every layer"), "{value}");
        }
        assert!(EnginePolicy::of_value("docker").is_none());
        assert!(EnginePolicy::Never.engine().unwrap().is_none());
        assert_eq!(names(" or "), "podman or buildah");
    }
}
