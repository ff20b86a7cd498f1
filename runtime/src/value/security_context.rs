//! The security context that SELinux gives files.

use std::fmt;

use super::{Invalid, SelinuxName, text_newtype};

/// The security context of files: a type, such as `httpd_sys_content_t`, or a whole context,
/// `system_u:object_r:httpd_sys_content_t:s0`. `<<none>>` leaves the files as they are (semanage-fcontext(8)).
///
/// ```
/// use lapstrake::value::SecurityContext;
///
/// let context = SecurityContext::parse("etc_t").unwrap();
/// assert_eq!(context.to_string(), "system_u:object_r:etc_t:s0");
/// assert_eq!(context.type_name().unwrap().as_str(), "etc_t");
/// assert_eq!(SecurityContext::parse("<<none>>").unwrap().type_name(), None);
/// assert!(SecurityContext::parse("object_r:etc_t").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecurityContext {
    /// None for `<<none>>`.
    file_type: Option<SelinuxName>,
    text: String,
}

const WHAT: &str = "security context";
const NONE: &str = "<<none>>";

impl SecurityContext {
    /// Parses a type or a whole context.
    ///
    /// # Errors
    /// When it is neither, or has a name that is not one.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text == NONE {
            return Ok(Self { file_type: None, text: text.to_owned() });
        }
        let parts: Vec<_> = text.splitn(4, ':').collect();
        let (user, role, name, level) = match parts[..] {
            [name] => ("system_u", "object_r", name, "s0"),
            [user, role, name, level] => (user, role, name, level),
            _ => {
                let error = Invalid::whole(WHAT, text, "is neither a type nor `USER:ROLE:TYPE:LEVEL`");
                return Err(error.or("write the type alone: `httpd_sys_content_t`"));
            }
        };
        for part in [user, role, name] {
            SelinuxName::parse(part).map_err(|error| {
                let start = text.find(part).unwrap_or(0);
                let reason = format!("has the name `{}`, which is not one of SELinux", part.escape_debug());
                let invalid = Invalid::new(WHAT, text, start..start + part.len(), reason);
                match error.help() {
                    Some(help) => invalid.or(help),
                    None => invalid,
                }
            })?;
        }
        let is_of_level = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | ',' | '-' | ':');
        if !level.starts_with('s') || !level.chars().all(is_of_level) {
            let error =
                Invalid::new(WHAT, text, text.len() - level.len()..text.len(), "has no level at its end");
            return Err(error.or(format!("write `{user}:{role}:{name}:s0`")));
        }
        let file_type = Some(SelinuxName::parse(name)?);
        Ok(Self { file_type, text: format!("{user}:{role}:{name}:{level}") })
    }

    /// Returns the type; none for `<<none>>`.
    ///
    /// ```
    /// # use lapstrake::value::SecurityContext;
    /// let context = SecurityContext::parse("system_u:object_r:etc_t:s0:c1,c2").unwrap();
    /// assert_eq!(context.type_name().unwrap().as_str(), "etc_t");
    /// ```
    pub fn type_name(&self) -> Option<&SelinuxName> {
        self.file_type.as_ref()
    }
}

/// Writes the whole context, as `file_contexts(5)` has it.
impl fmt::Display for SecurityContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

text_newtype!(SecurityContext);
