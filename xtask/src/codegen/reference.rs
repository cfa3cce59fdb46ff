//! The page of calls in the documents (`docs/reference/api.md`), from the API description.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context as _, Result, bail};
use yaml_serde::Value;

/// What stands before it is written by hand.
pub(crate) const MARK: &str =
    "<!-- written by `cargo xtask codegen` from docs/openapi/slides-async.yaml -->\n";
const METHODS: [&str; 5] = ["get", "post", "put", "delete", "patch"];

/// A call with where it stands.
struct Call<'a> {
    method: String,
    path: &'a str,
    operation: &'a Value,
}

/// The page with its written part anew.
pub(crate) fn page(description: &str, committed: &str) -> Result<String> {
    let Some((head, _)) = committed.split_once(MARK) else {
        bail!("the page of calls has lost its line `{}`", MARK.trim());
    };
    let spec: Value = yaml_serde::from_str(description).context("the description is no YAML")?;
    Ok(format!("{head}{MARK}{}", written(&spec)?))
}

fn written(spec: &Value) -> Result<String> {
    let calls = calls(spec)?;
    let mut out = String::new();
    let mut errors = BTreeMap::new();
    for tag in list(spec, "tags") {
        let (name, what) = (text(tag, "name"), text(tag, "description"));
        let own: Vec<_> = calls.iter().filter(|call| call.tag() == name).collect();
        if own.is_empty() {
            continue;
        }
        writeln!(
            out,
            "\n## {}\n\n{what}\n\n| call | |\n| --- | --- |",
            title(name)
        )?;
        for call in &own {
            writeln!(
                out,
                "| [{}](#{}) | {} |",
                call.heading(),
                call.id().to_lowercase(),
                cell(text(call.operation, "summary"))
            )?;
        }
        for call in own {
            write_call(spec, call, &mut out, &mut errors)?;
        }
    }
    out.push_str("\n## Errors\n\n| status | when |\n| --- | --- |\n");
    for (status, reasons) in errors {
        writeln!(out, "| {status} | {} |", reasons.join("<br>"))?;
    }
    Ok(out)
}

fn write_call(
    spec: &Value,
    call: &Call<'_>,
    out: &mut String,
    errors: &mut BTreeMap<String, Vec<String>>,
) -> Result<()> {
    let operation = call.operation;
    write!(
        out,
        "\n### {}\n\n{}. {}",
        call.id(),
        call.heading(),
        line(text(operation, "summary"))
    )?;
    let more = line(text(operation, "description"));
    if !more.is_empty() {
        write!(out, " {more}")?;
    }
    if operation.get("x-own").is_some() {
        out.push_str(" Not part of the vendor's API.");
    }
    if operation.get("x-no-token").is_some() {
        out.push_str(" Without a token.");
    }
    out.push('\n');
    let parameters = list(operation, "parameters");
    if !parameters.is_empty() {
        out.push_str("\n| parameter | in | |\n| --- | --- | --- |\n");
    }
    for parameter in parameters {
        let parameter = resolved(spec, parameter)?;
        let must = parameter.get("required").and_then(Value::as_bool) == Some(true)
            && text(parameter, "in") != "path";
        writeln!(
            out,
            "| `{}` | {} | {}{} |",
            text(parameter, "name"),
            text(parameter, "in"),
            if must { "Must be given. " } else { "" },
            cell(text(parameter, "description"))
        )?;
    }
    if let Some(body) = operation.get("requestBody") {
        let body = resolved(spec, body)?;
        let body = format!("{} {}", line(text(body, "description")), kinds(body));
        writeln!(out, "\nBody: {}", body.trim())?;
    }
    let answers = operation.get("responses").and_then(Value::as_mapping);
    let mut failures = Vec::new();
    out.push_str("\nAnswers:\n\n");
    for (status, answer) in answers.into_iter().flatten() {
        let status = status.as_str().context("a status is no text")?;
        let answer = resolved(spec, answer)?;
        let what = line(text(answer, "description"));
        if status.starts_with(['2', '3']) {
            let answer = format!("- {status}: {what} {}", kinds(answer));
            writeln!(out, "{}", answer.trim_end())?;
        } else if status != "default" {
            let reasons = errors.entry(status.to_owned()).or_default();
            let what = cell(&what);
            if !reasons.contains(&what) {
                reasons.push(what);
            }
            failures.push(status);
        }
    }
    if !failures.is_empty() {
        writeln!(out, "- [errors](#errors): {}", failures.join(", "))?;
    }
    Ok(())
}

fn calls(spec: &Value) -> Result<Vec<Call<'_>>> {
    let paths = spec
        .get("paths")
        .and_then(Value::as_mapping)
        .context("the description has no paths")?;
    let mut calls = Vec::new();
    for (path, item) in paths {
        let path = path.as_str().context("a path is no text")?;
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                calls.push(Call {
                    method: method.to_uppercase(),
                    path,
                    operation,
                });
            }
        }
    }
    Ok(calls)
}

impl Call<'_> {
    fn id(&self) -> &str {
        text(self.operation, "operationId")
    }

    fn tag(&self) -> &str {
        list(self.operation, "tags")
            .first()
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    fn heading(&self) -> String {
        format!("`{} {}`", self.method, self.path)
    }
}

/// What a tag is called in the page.
fn title(tag: &str) -> &str {
    match tag {
        "async" => "In the background",
        "sync" => "At once",
        "storage" => "Storages",
        "service" => "The service",
        "own" => "Operations of a caller",
        "operation" => "For who runs the server",
        other => other,
    }
}

/// The media types of a body.
fn kinds(body: &Value) -> String {
    let content = body.get("content").and_then(Value::as_mapping);
    let kinds: Vec<_> = content
        .into_iter()
        .flat_map(|content| content.keys())
        .filter_map(Value::as_str)
        .map(|kind| format!("`{kind}`"))
        .collect();
    if kinds.is_empty() {
        String::new()
    } else {
        format!("({})", kinds.join(" or "))
    }
}

/// What a `$ref` names, or the value itself.
fn resolved<'a>(spec: &'a Value, value: &'a Value) -> Result<&'a Value> {
    let Some(reference) = value.get("$ref").and_then(Value::as_str) else {
        return Ok(value);
    };
    let mut place = spec;
    for part in reference.trim_start_matches("#/").split('/') {
        place = place
            .get(part)
            .with_context(|| format!("`{reference}` names nothing"))?;
    }
    Ok(place)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value
        .get(key)
        .and_then(Value::as_sequence)
        .map_or(&[], Vec::as_slice)
}

/// A text of several lines as one.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text that may stand in a table.
fn cell(text: &str) -> String {
    line(text).replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: &str = "
tags:
  - { name: sync, description: Done at once. }
paths:
  /a/{id}:
    get:
      operationId: GetA
      tags: [sync]
      summary: Read it; or not.
      parameters: [{ $ref: '#/components/parameters/id' }]
      responses:
        '200': { description: It., content: { text/plain: {} } }
        '404': { description: A | B. }
components:
  parameters:
    id: { name: id, in: path, required: true, description: Its id. }
";

    #[test]
    fn a_call_is_written_with_what_it_takes_and_answers() {
        let page = page(SPEC, &format!("# Head\n{MARK}old")).unwrap();
        assert!(page.starts_with("# Head\n"), "{page}");
        for wanted in [
            "## At once\n",
            "| [`GET /a/{id}`](#geta) | Read it; or not. |\n",
            "### GetA\n\n`GET /a/{id}`. Read it; or not.\n",
            "| `id` | path | Its id. |\n",
            "- 200: It. (`text/plain`)\n- [errors](#errors): 404\n",
            "| 404 | A \\| B. |\n",
        ] {
            assert!(page.contains(wanted), "{wanted} in {page}");
        }
        assert!(!page.contains("old"), "{page}");
    }

    #[test]
    fn a_page_without_the_line_is_not_written_over() {
        assert!(page(SPEC, "# Head\n").is_err());
        let broken = SPEC.replace("parameters/id'", "parameters/no'");
        assert!(page(&broken, MARK).is_err());
    }
}
