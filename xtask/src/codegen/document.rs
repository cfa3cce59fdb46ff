//! The part of an OpenAPI document the generator understands, checked and resolved.

use anyhow::{Context as _, Result, anyhow, bail};
use oas3::spec::{
    ObjectOrReference, ObjectSchema, Operation, Parameter, ParameterIn, Schema, SchemaType,
    SchemaTypeSet, Spec,
};
use serde_json::Value;

use super::names;

const PREFIX: &str = "#/components/schemas/";

/// Which generated file a schema goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    Formats,
    Operations,
    Storage,
    Service,
    Options,
}

impl Group {
    pub(crate) const ALL: [Self; 5] = [
        Self::Formats,
        Self::Operations,
        Self::Storage,
        Self::Service,
        Self::Options,
    ];

    pub(crate) fn module(self) -> &'static str {
        match self {
            Self::Formats => "formats",
            Self::Operations => "operations",
            Self::Storage => "storage",
            Self::Service => "service",
            Self::Options => "options",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|group| group.module() == text)
            .ok_or_else(|| anyhow!("`x-group` is `{text}`, which names no file"))
    }
}

/// All the generator needs to know.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) enums: Vec<Enum>,
    pub(crate) structs: Vec<Struct>,
    pub(crate) unions: Vec<Union>,
    pub(crate) routes: Vec<Route>,
}

#[derive(Debug)]
pub(crate) struct Enum {
    pub(crate) name: String,
    pub(crate) group: Group,
    pub(crate) doc: String,
    pub(crate) open: bool,
    pub(crate) values: Vec<String>,
    /// Other spelling and the value it means.
    pub(crate) aliases: Vec<(String, String)>,
    pub(crate) subset_of: Option<String>,
    pub(crate) files: Vec<FileFacts>,
}

/// Facts about the files of an export format, in the order of the enum's values.
#[derive(Debug)]
pub(crate) struct FileFacts {
    pub(crate) value: String,
    pub(crate) extension: String,
    pub(crate) media_type: String,
    pub(crate) options: String,
}

#[derive(Debug)]
pub(crate) struct Struct {
    pub(crate) name: String,
    pub(crate) group: Group,
    pub(crate) doc: String,
    pub(crate) fields: Vec<Field>,
    /// Properties that always have the same value.
    pub(crate) constants: Vec<(String, String)>,
    pub(crate) text_field: Option<String>,
    /// Only a part of others, gets no type of its own.
    pub(crate) is_abstract: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) wire: String,
    pub(crate) doc: String,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    pub(crate) secret: bool,
    pub(crate) omit_empty: bool,
    pub(crate) range: Option<(i64, i64)>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Bool,
    I32,
    I64,
    F64,
    Text,
    Time,
    Named(String),
    List(Box<Kind>),
}

#[derive(Debug)]
pub(crate) struct Union {
    pub(crate) name: String,
    pub(crate) group: Group,
    pub(crate) doc: String,
    pub(crate) tag: String,
    /// Value of the tag and the struct it chooses.
    pub(crate) variants: Vec<(String, String)>,
}

#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) operation_id: String,
    pub(crate) summary: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Vec<String>,
    pub(crate) required_query: Vec<String>,
    pub(crate) headers: Vec<String>,
    pub(crate) rest: Option<String>,
    pub(crate) success: u16,
    pub(crate) own: bool,
    pub(crate) open: bool,
}

impl Document {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let spec = oas3::from_yaml(text).context("the document is not valid OpenAPI 3.1")?;
        let mut document = Self {
            enums: Vec::new(),
            structs: Vec::new(),
            unions: Vec::new(),
            routes: Vec::new(),
        };
        let schemas = spec
            .components
            .as_ref()
            .map(|components| &components.schemas);
        for (name, schema) in schemas.into_iter().flat_map(|schemas| schemas.iter()) {
            document
                .schema(&spec, name, object(schema)?)
                .with_context(|| format!("schema `{name}`"))?;
        }
        for (path, method, operation) in spec.operations() {
            let route = route(&spec, &path, method.as_str(), operation)
                .with_context(|| format!("{method} {path}"))?;
            if document
                .routes
                .iter()
                .any(|known| known.operation_id == route.operation_id)
            {
                bail!("operation id `{}` is used twice", route.operation_id);
            }
            document.routes.push(route);
        }
        document.check()?;
        super::examples::check(&spec, &document)?;
        Ok(document)
    }

    fn schema(&mut self, spec: &Spec, name: &str, schema: &ObjectSchema) -> Result<()> {
        let doc = schema
            .description
            .clone()
            .unwrap_or_default()
            .trim()
            .to_owned();
        let group = Group::parse(text_extension(schema, "group").unwrap_or("service"))?;
        if !schema.enum_values.is_empty() {
            self.enums.push(read_enum(name, group, doc, schema)?);
        } else if !schema.one_of.is_empty() {
            self.unions.push(read_union(name, group, doc, schema)?);
        } else {
            let mut item = Struct {
                name: name.to_owned(),
                group,
                doc,
                fields: Vec::new(),
                constants: Vec::new(),
                text_field: text_extension(schema, "text-field").map(str::to_owned),
                is_abstract: flag(schema, "abstract"),
            };
            read_struct(spec, schema, &mut item)?;
            self.structs.push(item);
        }
        Ok(())
    }

    /// Every name used as a type is defined.
    fn check(&self) -> Result<()> {
        let known = |name: &str| {
            self.enums.iter().any(|item| item.name == name)
                || self.structs.iter().any(|item| item.name == name)
                || self.unions.iter().any(|item| item.name == name)
        };
        for item in &self.structs {
            for field in &item.fields {
                let mut kind = &field.kind;
                while let Kind::List(inner) = kind {
                    kind = inner;
                }
                if let Kind::Named(name) = kind
                    && !known(name)
                {
                    bail!(
                        "schema `{}`, property `{}`: there is no schema `{name}`",
                        item.name,
                        field.wire
                    );
                }
            }
        }
        for item in &self.unions {
            for (_, name) in &item.variants {
                if !self.structs.iter().any(|item| item.name == *name) {
                    bail!("schema `{}`: there is no schema `{name}`", item.name);
                }
            }
        }
        Ok(())
    }
}

fn read_enum(name: &str, group: Group, doc: String, schema: &ObjectSchema) -> Result<Enum> {
    let values = schema
        .enum_values
        .iter()
        .map(|value| {
            value
                .as_str()
                .map(str::to_owned)
                .ok_or_else(|| anyhow!("enum value `{value}` is no text"))
        })
        .collect::<Result<Vec<_>>>()?;
    let mut aliases = Vec::new();
    for (alias, value) in extension(schema, "aliases")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let value = value.as_str().unwrap_or_default();
        if !values.iter().any(|known| known == value) {
            bail!("alias `{alias}` stands for `{value}`, which is no value");
        }
        aliases.push((alias.clone(), value.to_owned()));
    }
    let mut files = Vec::new();
    if let Some(table) = extension(schema, "files").and_then(Value::as_object) {
        for value in &values {
            let facts = table
                .get(value)
                .ok_or_else(|| anyhow!("`x-files` has nothing for `{value}`"))?;
            let fact = |key: &str| {
                facts
                    .get(key)
                    .and_then(Value::as_str)
                    .map(str::to_owned)
                    .ok_or_else(|| anyhow!("`x-files` has no `{key}` for `{value}`"))
            };
            files.push(FileFacts {
                value: value.clone(),
                extension: fact("extension")?,
                media_type: fact("mediaType")?,
                options: fact("options")?,
            });
        }
    }
    Ok(Enum {
        name: name.to_owned(),
        group,
        doc,
        open: flag(schema, "open"),
        values,
        aliases,
        subset_of: text_extension(schema, "subset-of").map(str::to_owned),
        files,
    })
}

fn read_union(name: &str, group: Group, doc: String, schema: &ObjectSchema) -> Result<Union> {
    let discriminator = schema
        .discriminator
        .as_ref()
        .ok_or_else(|| anyhow!("`oneOf` needs a discriminator"))?;
    let mut variants = Vec::new();
    for (value, target) in discriminator
        .mapping
        .iter()
        .flat_map(|mapping| mapping.iter())
    {
        variants.push((value.clone(), local(target)?.to_owned()));
    }
    if variants.len() != schema.one_of.len() {
        bail!(
            "the discriminator maps {} values to {} schemas",
            variants.len(),
            schema.one_of.len()
        );
    }
    Ok(Union {
        name: name.to_owned(),
        group,
        doc,
        tag: discriminator.property_name.clone(),
        variants,
    })
}

fn read_struct(spec: &Spec, schema: &ObjectSchema, item: &mut Struct) -> Result<()> {
    for part in &schema.all_of {
        let part = resolved(spec, part)?;
        read_struct(spec, &part, item)?;
    }
    for (wire, property) in &schema.properties {
        let field = read_property(
            property,
            schema.required.iter().any(|name| name == wire),
            wire,
            item,
        )
        .with_context(|| format!("property `{wire}`"))?;
        item.fields.extend(field);
    }
    Ok(())
}

fn read_property(
    property: &Schema,
    required: bool,
    wire: &str,
    item: &mut Struct,
) -> Result<Option<Field>> {
    let mut field = Field {
        wire: wire.to_owned(),
        doc: String::new(),
        kind: kind(property)?,
        required,
        secret: false,
        omit_empty: false,
        range: None,
    };
    let Schema::Object(property) = property else {
        bail!("`true` and `false` as schemas are not understood");
    };
    match property.as_ref() {
        ObjectOrReference::Ref { description, .. } => {
            field.doc = description.clone().unwrap_or_default();
        }
        ObjectOrReference::Object(schema) => {
            if let Some(value) = schema.const_value.as_ref().and_then(Value::as_str) {
                item.constants.push((wire.to_owned(), value.to_owned()));
                return Ok(None);
            }
            field.doc = schema.description.clone().unwrap_or_default();
            if let Some(default) = &schema.default {
                field.doc = format!("{} Absent means `{default}`.", field.doc);
            }
            field.secret = flag(schema, "secret");
            field.omit_empty = flag(schema, "omit-empty");
            let bound = |number: &Option<serde_json::Number>| {
                number.as_ref().and_then(serde_json::Number::as_i64)
            };
            field.range = bound(&schema.minimum).zip(bound(&schema.maximum));
        }
    }
    if field.doc.is_empty() {
        bail!("a description is missing");
    }
    Ok(Some(field))
}

fn kind(schema: &Schema) -> Result<Kind> {
    let Schema::Object(schema) = schema else {
        bail!("`true` and `false` as schemas are not understood");
    };
    let schema = match schema.as_ref() {
        ObjectOrReference::Ref { ref_path, .. } => {
            return Ok(Kind::Named(local(ref_path)?.to_owned()));
        }
        ObjectOrReference::Object(schema) => schema,
    };
    if schema.const_value.is_some() {
        return Ok(Kind::Text);
    }
    let Some(SchemaTypeSet::Single(single)) = schema.schema_type.as_ref() else {
        bail!("one `type` is needed");
    };
    let format = schema.format.as_deref().unwrap_or_default();
    Ok(match (single, format) {
        (SchemaType::Boolean, _) => Kind::Bool,
        (SchemaType::Integer, "int64") => Kind::I64,
        (SchemaType::Integer, "int32") => Kind::I32,
        (SchemaType::Number, _) => Kind::F64,
        (SchemaType::String, "date-time") => Kind::Time,
        (SchemaType::String, _) => Kind::Text,
        (SchemaType::Array, _) => {
            let items = schema
                .items
                .as_ref()
                .ok_or_else(|| anyhow!("`items` is missing"))?;
            Kind::List(Box::new(kind(items)?))
        }
        (other, format) => bail!("type {other:?} with format `{format}` is not understood"),
    })
}

fn route(spec: &Spec, path: &str, method: &str, operation: &Operation) -> Result<Route> {
    let mut route = Route {
        operation_id: operation
            .operation_id
            .clone()
            .ok_or_else(|| anyhow!("`operationId` is missing"))?,
        summary: operation
            .summary
            .clone()
            .ok_or_else(|| anyhow!("`summary` is missing"))?,
        method: method.to_owned(),
        path: path.to_owned(),
        query: Vec::new(),
        required_query: Vec::new(),
        headers: Vec::new(),
        rest: None,
        success: 0,
        own: operation.extensions.get("own") == Some(&Value::Bool(true)),
        open: operation.extensions.get("no-token") == Some(&Value::Bool(true)),
    };
    for parameter in &operation.parameters {
        let parameter: Parameter = parameter
            .resolve(spec)
            .context("a parameter cannot be resolved")?;
        match parameter.location {
            ParameterIn::Query => {
                if parameter.required == Some(true) {
                    route.required_query.push(parameter.name.clone());
                }
                route.query.push(parameter.name);
            }
            ParameterIn::Header => route.headers.push(parameter.name),
            ParameterIn::Path => {
                if !path.contains(&format!("{{{}}}", parameter.name)) {
                    bail!("path parameter `{}` is not in the path", parameter.name);
                }
                if parameter.extensions.get("multi-segment") == Some(&Value::Bool(true)) {
                    route.rest = Some(parameter.name);
                }
            }
            ParameterIn::Cookie => bail!("cookies are not understood"),
        }
    }
    let codes = operation
        .responses
        .iter()
        .flat_map(|responses| responses.keys());
    let successes: Vec<u16> = codes
        .filter_map(|code| code.parse().ok())
        // A part of an answer is no answer of its own.
        .filter(|code| (200..300).contains(code) && !matches!(code, 204 | 206))
        .collect();
    let [success] = successes.as_slice() else {
        bail!(
            "exactly one successful answer is needed, there are {}",
            successes.len()
        );
    };
    route.success = *success;
    Ok(route)
}

fn object(schema: &Schema) -> Result<&ObjectSchema> {
    match schema {
        Schema::Object(schema) => match schema.as_ref() {
            ObjectOrReference::Object(schema) => Ok(schema),
            ObjectOrReference::Ref { ref_path, .. } => {
                bail!("a reference to `{ref_path}` is not understood here")
            }
        },
        Schema::Boolean(_) => bail!("`true` and `false` as schemas are not understood"),
    }
}

fn resolved(spec: &Spec, schema: &Schema) -> Result<ObjectSchema> {
    let schema = schema
        .resolve(spec)
        .context("a reference cannot be resolved")?;
    object(&schema).cloned()
}

pub(crate) fn local(reference: &str) -> Result<&str> {
    reference
        .strip_prefix(PREFIX)
        .ok_or_else(|| anyhow!("reference `{reference}` does not start with `{PREFIX}`"))
}

fn extension<'a>(schema: &'a ObjectSchema, name: &str) -> Option<&'a Value> {
    schema.extensions.get(name)
}

fn text_extension<'a>(schema: &'a ObjectSchema, name: &str) -> Option<&'a str> {
    extension(schema, name).and_then(Value::as_str)
}

fn flag(schema: &ObjectSchema, name: &str) -> bool {
    extension(schema, name) == Some(&Value::Bool(true))
}

impl Field {
    pub(crate) fn ident(&self) -> proc_macro2::Ident {
        names::ident(&names::snake(&self.wire))
    }
}
