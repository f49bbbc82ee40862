//! The page on which people read the API's description: one document, no script.

use std::fmt::Write as _;

use serde_json::Value;

const HEAD: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
    <meta name=\"viewport\" content=\"width=device-width\"><title>Coinage API</title><style>\
    :root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}\
    body{max-width:60rem;margin:0 auto;padding:1rem}\
    code,pre{font-family:ui-monospace,monospace}pre{overflow:auto}\
    h3{margin:2rem 0 0}dt{font-family:ui-monospace,monospace;margin-top:.5rem}\
    dd{margin-left:1.5rem}small{opacity:.75}</style>";

/// Writes the page of a description (OpenAPI 3.1).
pub(super) fn page(document: &Value) -> String {
    let mut page = String::from(HEAD);
    let info = &document["info"];
    let _ = write!(page, "<h1>{} {}</h1>", text(&info["title"]), text(&info["version"]));
    paragraphs(&mut page, &info["description"]);
    page.push_str("<p>For programs: <a href=\"/v1/openapi.json\">/v1/openapi.json</a></p><ul>");
    let all: Vec<_> = operations(document).collect();
    for (method, path, operation) in &all {
        let (id, says) = (text(&operation["operationId"]), text(&operation["summary"]));
        let _ = write!(page, "<li><a href=\"#{id}\">{method} {}</a> {says}", escaped(path));
    }
    page.push_str("</ul><h2>Operations</h2>");
    for (method, path, operation) in all {
        one(&mut page, method, path, operation);
    }
    page.push_str("<h2>Values</h2>");
    for (name, schema) in fields(&document["components"]["schemas"]) {
        let name = escaped(name);
        let _ = write!(page, "<h3 id=\"value-{name}\">{name}</h3>");
        paragraphs(&mut page, &schema["description"]);
        values(&mut page, schema);
    }
    page
}

/// The operations of a description: method, path, and what is said of them.
fn operations(document: &Value) -> impl Iterator<Item = (&'static str, &str, &Value)> {
    fields(&document["paths"]).flat_map(|(path, item)| {
        let methods = [("GET", "get"), ("POST", "post")];
        methods
            .into_iter()
            .filter_map(move |(shown, method)| Some((shown, path, item.get(method)?)))
    })
}

fn one(page: &mut String, method: &str, path: &str, operation: &Value) {
    let (id, shown) = (text(&operation["operationId"]), escaped(path));
    let _ = write!(page, "<h3 id=\"{id}\">{method} ");
    // What needs no words of the reader's can be tried at once.
    if method == "GET" && !path.contains('{') {
        let _ = write!(page, "<a href=\"{shown}\">{shown}</a></h3>");
    } else {
        let _ = write!(page, "{shown}</h3>");
    }
    paragraphs(page, &operation["summary"]);
    paragraphs(page, &operation["description"]);
    page.push_str("<dl>");
    for parameter in items(&operation["parameters"]) {
        let place = text(&parameter["in"]);
        let _ = write!(
            page,
            "<dt>{} <small>{place}, {}</small></dt><dd>{}</dd>",
            text(&parameter["name"]),
            kind(&parameter["schema"]),
            text(&parameter["description"])
        );
    }
    for (media, body) in fields(&operation["requestBody"]["content"]) {
        let _ =
            write!(page, "<dt>body <small>{media}</small></dt><dd>{}</dd>", kind(&body["schema"]));
    }
    for (status, response) in fields(&operation["responses"]) {
        let _ = write!(page, "<dt>{status}</dt><dd>{}", text(&response["description"]));
        for code in items(&response["content"]["application/problem+json"]["schema"]["allOf"])
            .flat_map(|part| items(&part["properties"]["code"]["enum"]))
        {
            let _ = write!(page, " <code>{}</code>", text(code));
        }
        for (media, content) in fields(&response["content"]) {
            let _ = write!(page, " <small>{media}: {}</small>", kind(&content["schema"]));
        }
        page.push_str("</dd>");
    }
    page.push_str("</dl>");
}

/// The fields of an object, or the values that there are.
fn values(page: &mut String, schema: &Value) {
    let parts = items(&schema["oneOf"]).chain(items(&schema["allOf"])).chain([schema]);
    page.push_str("<dl>");
    for part in parts {
        for (name, field) in fields(&part["properties"]) {
            let says = text(&field["description"]);
            let _ = write!(
                page,
                "<dt>{} <small>{}</small></dt><dd>{says}</dd>",
                escaped(name),
                kind(field)
            );
        }
        for value in items(&part["enum"]) {
            let _ = write!(page, "<dt>{}</dt><dd>{}</dd>", text(value), text(&part["description"]));
        }
    }
    page.push_str("</dl>");
}

/// The type of a value, with a link to where it is described.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        let name = escaped(name);
        return format!("<a href=\"#value-{name}\">{name}</a>");
    }
    if schema.get("items").is_some() {
        return format!("list of {}", kind(&schema["items"]));
    }
    let choices: Vec<_> =
        items(&schema["oneOf"]).chain(items(&schema["anyOf"])).map(kind).collect();
    match &schema["type"] {
        _ if !choices.is_empty() => choices.join(" or "),
        Value::Array(types) => types.iter().map(text).collect::<Vec<_>>().join(" or "),
        one => text(one),
    }
}

/// Text in paragraphs.
fn paragraphs(page: &mut String, said: &Value) {
    for paragraph in said.as_str().unwrap_or_default().split("\n\n").filter(|one| !one.is_empty()) {
        let _ = write!(page, "<p>{}</p>", marked(paragraph).replace("\n- ", "<br>- "));
    }
}

/// Text with code where there are backticks.
fn marked(text: &str) -> String {
    let parts = text.split('`').map(escaped).enumerate();
    parts
        .map(|(at, part)| if at % 2 == 1 { format!("<code>{part}</code>") } else { part })
        .collect()
}

fn fields(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    marked(value.as_str().unwrap_or_default())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
