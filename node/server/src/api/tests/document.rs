//! The API's description of itself, held against what the API does.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;

use jsonschema::Validator;

use super::*;

/// Returns the description, as it is served.
pub(super) fn description() -> &'static Value {
    static DESCRIPTION: OnceLock<Value> = OnceLock::new();
    DESCRIPTION.get_or_init(|| {
        let written = crate::api::document::written(routes().into_openapi());
        serde_json::from_slice(&written).expect("it is JSON")
    })
}

/// Asserts that an answer is one of those that the description tells of.
pub(super) fn assert_described(method: &str, target: &str, got: &Got) {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let paths = description()["paths"].as_object().expect("an object");
    let Some(item) = paths.iter().find(|(template, _)| fits(template, path)) else {
        let problem = got.body["code"].as_str();
        // Pages are for people: only what speaks JSON is described.
        let speaks = ["/v1", "/health", "/metrics"].iter().any(|top| path.starts_with(top));
        let elsewhere = !speaks || problem == Some("http.host_not_allowed");
        assert!(elsewhere || got.status == 404, "{method} {path} is not described: {}", got.head);
        return;
    };
    let operation = &item.1[method.to_ascii_lowercase()];
    if operation.is_null() {
        // Browsers ask so before they let a page of another site use a route.
        let preflight =
            method == "OPTIONS" && got.head.contains("\r\naccess-control-allow-methods: ");
        assert!(got.status == 405 || preflight, "{method} {path}");
        return;
    }
    let response = &operation["responses"][got.status.to_string()];
    assert!(response.is_object(), "{method} {target}: {} is not described", got.status);
    let mut contents = response["content"].as_object().expect("a body").iter();
    let (kind, content) = contents.next().expect("one content type");
    assert!(got.head.contains(&format!("content-type: {kind}\r\n")), "{}", got.head);
    let errors: Vec<_> = validator(&content["schema"])
        .iter_errors(&got.body)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{method} {target}: {errors:?} in {}", got.body);
    for (name, _) in response["headers"].as_object().into_iter().flatten() {
        assert!(got.head.contains(&name.to_ascii_lowercase()), "{name} missing: {}", got.head);
    }
}

fn fits(template: &str, path: &str) -> bool {
    let (mut parts, mut given) = (template.split('/'), path.split('/'));
    parts
        .by_ref()
        .all(|part| given.next().is_some_and(|given| part.starts_with('{') || part == given))
        && given.next().is_none()
}

/// Returns a validator for a schema of the description.
fn validator(schema: &Value) -> Validator {
    let mut whole = schema.clone();
    whole["components"] = description()["components"].clone();
    jsonschema::validator_for(&whole).unwrap_or_else(|error| panic!("{error}: {schema}"))
}

#[test]
fn the_description_is_valid_openapi() {
    let rules = serde_json::from_str(include_str!("openapi-3.1.json")).expect("JSON");
    let rules = jsonschema::validator_for(&rules).expect("a schema");
    let errors: Vec<_> = rules.iter_errors(description()).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert!(description()["openapi"].as_str().is_some_and(|version| version.starts_with("3.1.")));
    let text = description().to_string();
    for place in text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(description().pointer(place).is_some(), "{place} is nowhere");
    }
    let mut ids = BTreeSet::new();
    for (path, item) in description()["paths"].as_object().expect("an object") {
        for (method, operation) in item.as_object().expect("an object") {
            let id = operation["operationId"].as_str().expect("an id");
            assert!(ids.insert(id), "{id} twice");
            assert!(operation["summary"].is_string(), "{method} {path}");
            let given = operation["parameters"].as_array().into_iter().flatten();
            let named: BTreeSet<_> = given
                .filter(|one| one["in"] == "path")
                .filter_map(|one| one["name"].as_str())
                .collect();
            let parts =
                path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
            assert_eq!(named, parts.collect(), "{method} {path}");
        }
    }
}

#[test]
fn every_schema_fits_its_own_examples() {
    for (name, schema) in description()["components"]["schemas"].as_object().expect("an object") {
        let validator = validator(schema);
        for example in schema["examples"].as_array().into_iter().flatten() {
            assert!(validator.is_valid(example), "{name}: {example}");
        }
    }
    let example = &description()["components"]["schemas"]["Address"]["examples"][0];
    let address = example.as_str().and_then(|text| text.parse::<coinage_protocol::Address>().ok());
    let right = coinage_protocol::Address::new([7; 32]);
    assert_eq!(address, Some(right), "write {right}");
}

#[tokio::test]
async fn the_router_has_exactly_the_routes_that_are_described() {
    let served = Served::new().await;
    let described: BTreeSet<_> =
        description()["paths"].as_object().expect("an object").keys().cloned().collect();
    // The only list of its routes that a router gives is in what it shows to people.
    let shown = format!("{:?}", router(served.app(), &[]));
    let routed: BTreeSet<_> = shown
        .split('"')
        .filter(|part| part.starts_with('/') && !super::super::web::is_page(part))
        .filter(|part| !part.starts_with("/docs"))
        // What is there for all that is not: it names itself so.
        .filter(|part| !part.contains("axum_fallback"))
        .map(str::to_owned)
        .collect();
    assert_eq!(described, routed);
    served.get("/v1/").await.is_problem(404, "http.not_found");
    served.stop().await;
}

#[test]
fn the_description_is_the_one_that_is_kept() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let written = serde_json::to_string_pretty(&description()).expect("JSON") + "\n";
    if std::env::var_os("COINAGE_REGENERATE_OPENAPI").is_some() {
        std::fs::write(&kept, &written).expect("written");
    }
    let kept = std::fs::read_to_string(&kept).unwrap_or_default();
    assert!(
        kept == written,
        "the API has changed: COINAGE_REGENERATE_OPENAPI=1 cargo test -p coinage-server \
         the_description_is_the_one_that_is_kept, then look at the difference"
    );
}

#[tokio::test]
async fn the_description_is_served_as_it_is() {
    let served = Served::new().await;
    let got = served.get("/v1/openapi.json").await;
    assert_eq!((got.status, &got.body), (200, description()));
    served.stop().await;
}

#[tokio::test]
async fn the_pages_load_nothing_from_elsewhere() {
    let served = Served::new().await;
    let page = served.get("/docs").await;
    assert_eq!(page.status, 200);
    assert!(page.head.contains("content-type: text/html"), "{}", page.head);
    assert!(page.head.contains("default-src 'none';"), "{}", page.head);
    for loads in ["<script", "<link", "<img", "src=", "://", "@import"] {
        assert!(!page.text.contains(loads), "{loads}");
    }
    // Every operation and every value is on it, and every link leads to something.
    let described = description();
    for path in described["paths"].as_object().expect("an object").keys() {
        assert!(page.text.contains(path.as_str()), "{path}");
    }
    let anchors = page.text.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next());
    let missing: Vec<_> =
        anchors.filter(|name| !page.text.contains(&format!("id=\"{name}\""))).collect();
    assert_eq!(missing, [""; 0]);
    served.get("/docs/nothing").await.is_problem(404, "http.not_found");
    served.stop().await;
}
