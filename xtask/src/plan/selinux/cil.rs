//! What the text of a policy module in CIL declares, and whether its parentheses are balanced. `semodule` parses the rest.

/// What a module declares.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Declared<'a> {
    pub(super) booleans: Vec<&'a str>,
    pub(super) types: Vec<&'a str>,
}

/// Returns what a text in CIL declares, or what is wrong with its form and in which line.
pub(super) fn declared(text: &str) -> Result<Declared<'_>, (usize, String)> {
    let mut declared = Declared::default();
    let mut open: Vec<usize> = Vec::new();
    let mut last: [&str; 2] = ["", ""];
    for (line, token) in tokens(text) {
        match token {
            "(" => open.push(line),
            ")" if open.pop().is_none() => return Err((line, "has a `)` without its `(`".to_owned())),
            "\"" => return Err((line, "has a `\"` without its other half".to_owned())),
            name if last[0] == "(" => match last[1] {
                "boolean" | "tunable" => declared.booleans.push(name),
                "type" | "typealias" | "typeattribute" => declared.types.push(name),
                _ => {}
            },
            word if open.is_empty() && word != ")" => {
                return Err((line, format!("has `{}` outside of parentheses", word.escape_debug())));
            }
            _ => {}
        }
        last = [last[1], token];
    }
    match open.first() {
        Some(line) => Err((*line, "has a `(` without its `)`".to_owned())),
        None => Ok(declared),
    }
}

/// Returns the tokens of a text, each with its line: parentheses, quoted texts and words. A `"` alone is an open quote.
fn tokens(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    numbered.flat_map(|(number, line)| {
        let mut rest = line;
        std::iter::from_fn(move || {
            rest = rest.trim_start();
            // A comment ends with its line.
            let first = rest.chars().next().filter(|first| *first != ';')?;
            let length = match first {
                '(' | ')' => 1,
                '"' => rest[1..].find('"').map_or(1, |end| end + 2),
                _ => rest.find(|c: char| c.is_whitespace() || "();\"".contains(c)).unwrap_or(rest.len()),
            };
            let (token, behind) = rest.split_at(length);
            rest = if token == "\"" { "" } else { behind };
            Some((number, token))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_declares_types_and_booleans() {
        let text = "; a comment (\n(type web_t)\n(boolean web_can false) (tunable web_may true)\n\
                    (filecon \"/web(/.*)?\" any (system_u object_r web_t ((s0) (s0))))\n(in base (type inner_t))";
        let found = declared(text).unwrap();
        assert_eq!(found.types, ["web_t", "inner_t"]);
        assert_eq!(found.booleans, ["web_can", "web_may"]);
        assert_eq!(declared(""), Ok(Declared::default()));
    }

    #[test]
    fn parentheses_have_their_other_half() {
        for (text, line, why) in [
            ("(type a_t\n(type b_t)", 1, "has a `(` without its `)`"),
            ("(type a_t)\n)", 2, "has a `)` without its `(`"),
            ("(type a_t)\nallow a_t b_t", 2, "has `allow` outside of parentheses"),
            ("(filecon \"/x any)", 1, "has a `\"` without its other half"),
        ] {
            assert_eq!(declared(text), Err((line, why.to_owned())), "{text}");
        }
    }
}
