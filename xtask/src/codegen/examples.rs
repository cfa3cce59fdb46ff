//! Examples of the description must be values of their schemas.

use anyhow::{Context as _, Result, anyhow, bail};
use oas3::{
    Map,
    spec::{MediaType, ObjectOrReference, Schema, Spec},
};
use serde_json::Value;

use super::document::{self, Document, Kind, Struct};

/// Checks the examples of schemas, request bodies and answers.
pub(crate) fn check(spec: &Spec, document: &Document) -> Result<()> {
    let Some(components) = &spec.components else {
        return Ok(());
    };
    for (name, schema) in &components.schemas {
        let Schema::Object(schema) = schema else {
            continue;
        };
        let ObjectOrReference::Object(schema) = schema.as_ref() else {
            continue;
        };
        for example in &schema.examples {
            named(document, name, example)
                .with_context(|| format!("example of schema `{name}`"))?;
        }
    }
    for (name, body) in &components.request_bodies {
        let body = body.resolve(spec)?;
        contents(spec, document, &body.content)
            .with_context(|| format!("example of request body `{name}`"))?;
    }
    for (name, response) in &components.responses {
        let response = response.resolve(spec)?;
        contents(spec, document, &response.content)
            .with_context(|| format!("example of response `{name}`"))?;
    }
    Ok(())
}

fn contents(spec: &Spec, document: &Document, contents: &Map<String, MediaType>) -> Result<()> {
    for (_, media) in contents {
        let Some(Schema::Object(schema)) = &media.schema else {
            continue;
        };
        let ObjectOrReference::Ref { ref_path, .. } = schema.as_ref() else {
            continue;
        };
        let name = document::local(ref_path)?;
        for (_, example) in &media.examples(spec) {
            let value = example
                .value
                .as_ref()
                .ok_or_else(|| anyhow!("an example has no value"))?;
            named(document, name, value)?;
        }
    }
    Ok(())
}

fn named(document: &Document, name: &str, value: &Value) -> Result<()> {
    if let Some(item) = document.enums.iter().find(|item| item.name == name) {
        return match value.as_str() {
            Some(text) if item.values.iter().any(|known| known == text) => Ok(()),
            _ => bail!("`{value}` is no `{name}`"),
        };
    }
    if let Some(item) = document.unions.iter().find(|item| item.name == name) {
        let tag = value
            .get(&item.tag)
            .and_then(Value::as_str)
            .unwrap_or_default();
        let (_, class) = item
            .variants
            .iter()
            .find(|(known, _)| known == tag)
            .ok_or_else(|| anyhow!("`{}` of `{value}` names no class of `{name}`", item.tag))?;
        return named(document, class, value);
    }
    let item = document
        .structs
        .iter()
        .find(|item| item.name == name)
        .ok_or_else(|| anyhow!("there is no schema `{name}`"))?;
    object(document, item, value)
}

fn object(document: &Document, item: &Struct, value: &Value) -> Result<()> {
    let name = &item.name;
    if item.text_field.is_some() && value.is_string() {
        return Ok(());
    }
    let map = value
        .as_object()
        .ok_or_else(|| anyhow!("`{value}` is no `{name}`"))?;
    for (key, value) in map {
        if item
            .constants
            .iter()
            .any(|(wire, constant)| wire == key && value == constant)
        {
            continue;
        }
        let field = item
            .fields
            .iter()
            .find(|field| field.wire == *key)
            .ok_or_else(|| anyhow!("`{name}` has no property `{key}`"))?;
        kind(document, &field.kind, value)
            .with_context(|| format!("property `{key}` of `{name}`"))?;
    }
    match item
        .fields
        .iter()
        .find(|field| field.required && !map.contains_key(&field.wire))
    {
        Some(field) => bail!("property `{}` of `{name}` is missing", field.wire),
        None => Ok(()),
    }
}

fn kind(document: &Document, kind_: &Kind, value: &Value) -> Result<()> {
    let fits = match kind_ {
        Kind::Bool => value.is_boolean(),
        Kind::I32 => value
            .as_i64()
            .is_some_and(|number| i32::try_from(number).is_ok()),
        Kind::I64 => value.is_i64(),
        Kind::F64 => value.is_number(),
        Kind::Text | Kind::Time => value.is_string(),
        Kind::Named(name) => return named(document, name, value),
        Kind::List(inner) => {
            let items = value
                .as_array()
                .ok_or_else(|| anyhow!("`{value}` is no list"))?;
            return items
                .iter()
                .try_for_each(|item| kind(document, inner, item));
        }
    };
    if fits {
        Ok(())
    } else {
        bail!("`{value}` is not of the kind {kind_:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::super::document::Document;

    fn parse(example: &str) -> Result<(), String> {
        let text = format!(
            "openapi: 3.1.1\ninfo: {{ title: t, version: '1' }}\npaths: {{}}\ncomponents:\n  schemas:\n    Color: {{ type: string, enum: [Red] }}\n    Pen:\n      type: object\n      required: [color]\n      properties:\n        color: {{ $ref: '#/components/schemas/Color', description: d }}\n        sizes: {{ type: array, description: d, items: {{ type: integer, format: int32 }} }}\n      examples: [{example}]\n"
        );
        Document::parse(&text)
            .map(|_| ())
            .map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn examples_that_do_not_fit_are_named() {
        parse("{ color: Red, sizes: [1] }").unwrap();
        for (example, fault) in [
            ("{ color: Blue }", "`\"Blue\"` is no `Color`"),
            ("{ sizes: [1] }", "property `color` of `Pen` is missing"),
            ("{ color: Red, size: 1 }", "`Pen` has no property `size`"),
            (
                "{ color: Red, sizes: [a] }",
                "`\"a\"` is not of the kind I32",
            ),
        ] {
            let error = parse(example).unwrap_err();
            assert!(
                error.contains(fault) && error.contains("example of schema `Pen`"),
                "{error}"
            );
        }
    }

    #[test]
    fn examples_of_answers_are_checked_too() {
        for (example, fits) in [("{ done: true }", true), ("{ done: 1 }", false)] {
            let text = format!(
                "openapi: 3.1.1\ninfo: {{ title: t, version: '1' }}\npaths: {{}}\ncomponents:\n  schemas:\n    State:\n      type: object\n      properties: {{ done: {{ type: boolean, description: d }} }}\n  responses:\n    State:\n      description: d\n      content:\n        application/json:\n          schema: {{ $ref: '#/components/schemas/State' }}\n          example: {example}\n"
            );
            assert_eq!(Document::parse(&text).is_ok(), fits, "{example}");
        }
    }
}
