use serde_json::{Value, json};

use crate::{
    ApiInfo, DiscUsage, ErrorResponse, FileVersions, FilesList, FilesUploadResult, ObjectExist,
    Operation, OperationMethod, OperationStatus, OrderedMergeRequest, PresentationSource,
    PresentationToMerge, TokenResponse,
};

fn merge_sample() -> Value {
    json!({
        "id": "96b0a57c-d9ae-453f-b56f-3b154eb10cda", "method": "Merge", "status": "Finished",
        "progress": { "description": "Processed presentation2.pptx", "stepIndex": 2, "stepCount": 2 },
        "created": "2023-11-30T15:38:48.8103587Z", "started": "2023-11-30T15:38:49.6465388Z",
        "finished": "2023-11-30T15:38:51.0863055Z"
    })
}

#[test]
fn operation_of_the_contract_round_trips() {
    let operation: Operation = serde_json::from_value(merge_sample()).unwrap();
    assert_eq!(operation.method, OperationMethod::Merge);
    assert_eq!(operation.status, OperationStatus::Finished);
    let progress = operation.progress.as_ref().unwrap();
    assert_eq!((progress.step_index, progress.step_count), (2, 2));
    assert_eq!(
        operation.finished.as_ref().unwrap().as_str(),
        "2023-11-30T15:38:51.0863055Z"
    );
    assert!(operation.error.is_none() && operation.failed.is_none() && operation.extra.is_empty());
    assert_eq!(serde_json::to_value(&operation).unwrap(), merge_sample());
}

#[test]
fn failed_operation_names_its_error() {
    let sample = json!({
        "id": "6d0c9c3e-2f0b-4d0c-9a51-6b3a0f3f4f10", "method": "DownloadPresentation", "status": "Failed",
        "created": "2025-01-20T10:00:00.1234567Z", "started": "2025-01-20T10:00:00.2345678Z",
        "failed": "2025-01-20T10:00:00.3456789Z",
        "error": { "code": "notFound", "httpStatusCode": 404, "message": "Data/Nothing.pptx does not exist" }
    });
    let operation: Operation = serde_json::from_value(sample.clone()).unwrap();
    let error = operation.error.as_ref().unwrap();
    assert_eq!(error.http_status_code, 404);
    assert_eq!(
        error.message.as_deref(),
        Some("Data/Nothing.pptx does not exist")
    );
    assert_eq!(serde_json::to_value(&operation).unwrap(), sample);
}

#[test]
fn pascal_case_and_nulls_are_read() {
    let text = r#"{"Id":"a-1","Method":"convert","Status":"STARTED","Progress":{"StepIndex":"1","StepCount":3.0},
        "Created":"not a date","Started":null,"Error":null}"#;
    let operation: Operation = serde_json::from_str(text).unwrap();
    assert_eq!(
        (operation.id.as_str(), &operation.status),
        ("a-1", &OperationStatus::Started)
    );
    assert_eq!(operation.progress.as_ref().unwrap().step_count, 3);
    assert_eq!(operation.created.as_ref().unwrap().as_str(), "not a date");
    let written = serde_json::to_string(&operation).unwrap();
    assert_eq!(
        written,
        r#"{"id":"a-1","method":"Convert","status":"Started","progress":{"stepIndex":1,"stepCount":3},"created":"not a date"}"#
    );
}

#[test]
fn fields_of_a_newer_service_are_kept() {
    let sample = json!({
        "id": "a-1", "method": "Shrink", "status": "OnHold", "queue": { "place": [1, null] }, "eta": null,
        "progress": { "stepIndex": 0, "stepCount": 0, "unit": "page" }
    });
    let operation: Operation = serde_json::from_value(sample.clone()).unwrap();
    assert_eq!(operation.method, OperationMethod::Unknown("Shrink".into()));
    assert_eq!(operation.extra["queue"]["place"][0], 1);
    assert_eq!(serde_json::to_value(&operation).unwrap(), sample);
}

#[test]
fn extra_never_overrides_a_known_field() {
    let mut operation = Operation::new("a-1", OperationMethod::Convert, OperationStatus::Created);
    operation.extra.insert("Status".into(), json!("Finished"));
    assert_eq!(
        serde_json::to_value(&operation).unwrap(),
        json!({ "id": "a-1", "method": "Convert", "status": "Created" })
    );
}

#[test]
fn missing_required_fields_are_defaults_but_a_wrong_kind_is_named() {
    let operation: Operation = serde_json::from_str("{}").unwrap();
    assert_eq!(operation, Operation::default());
    assert_eq!(operation.status.as_str(), "");
    let error = serde_json::from_str::<Operation>(r#"{"progress":{"stepCount":[]}}"#).unwrap_err();
    assert_eq!(
        error.to_string(),
        "invalid value `[..]` for `progress.stepCount`: expected a whole number"
    );
    let error = serde_json::from_str::<Operation>("7").unwrap_err();
    assert_eq!(error.to_string(), "invalid value `7`: expected an object");
}

#[test]
fn deep_nesting_is_refused_without_a_crash() {
    let text = format!("{{\"new\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(serde_json::from_str::<Operation>(&text).is_err());
}

#[test]
fn storage_answers() {
    let list: FilesList = serde_json::from_value(json!({ "value": [
        { "name": "deck.pptx", "isFolder": false, "modifiedDate": "2024-02-16T07:05:08+00:00", "size": 224768, "path": "/Data/deck.pptx" },
        { "name": "old", "isFolder": "True", "modifiedDate": "0001-01-01T00:00:00", "size": 0, "path": "/Data/old/" }
    ] }))
    .unwrap();
    assert!(list.value[1].is_folder && !list.value[0].is_folder);
    assert_eq!(list.value[0].size, 224_768);

    let usage: DiscUsage =
        serde_json::from_str(r#"{"UsedSize":5368709120,"TotalSize":9}"#).unwrap();
    assert_eq!((usage.used_size, usage.total_size), (5_368_709_120, 9));
    assert_eq!(
        serde_json::to_string(&usage).unwrap(),
        r#"{"usedSize":5368709120,"totalSize":9}"#
    );

    let exists = ObjectExist::new(true, false);
    assert_eq!(
        serde_json::to_string(&exists).unwrap(),
        r#"{"exists":true,"isFolder":false}"#
    );

    let uploaded = FilesUploadResult::new(vec!["custom.ttf".into()], Vec::new());
    assert_eq!(
        serde_json::to_string(&uploaded).unwrap(),
        r#"{"uploaded":["custom.ttf"],"errors":[]}"#
    );

    let versions: FileVersions = serde_json::from_str(
        r#"{"value":[{"name":"a","versionId":"null","isLatest":true,"path":"/a"}]}"#,
    )
    .unwrap();
    assert_eq!(versions.value[0].version_id, "null");
    assert!(versions.value[0].is_latest);

    let info: ApiInfo = serde_json::from_str(r#"{"name":"Slides","version":3}"#).unwrap();
    assert_eq!(info, ApiInfo::new("Slides", "3"));
}

#[test]
fn errors_are_read_as_object_and_as_text() {
    let error: ErrorResponse = serde_json::from_value(json!({ "error": {
        "code": "notFound", "message": "Operation does not exist",
        "innerError": { "requestId": "r-1", "date": "2024-02-16T07:05:08Z" }
    } }))
    .unwrap();
    assert_eq!(
        error.error.message.as_deref(),
        Some("Operation does not exist")
    );
    assert_eq!(
        error.error.inner_error.unwrap().request_id.as_deref(),
        Some("r-1")
    );

    let error: ErrorResponse = serde_json::from_str(r#"{"Error":"invalid_client"}"#).unwrap();
    assert_eq!(error.error.code.as_deref(), Some("invalid_client"));
}

#[test]
fn token_is_read_and_never_shown() {
    let token: TokenResponse = serde_json::from_str(
        r#"{"access_token":"hush-hush","expires_in":"3600","token_type":"Bearer"}"#,
    )
    .unwrap();
    assert_eq!(
        (token.access_token.as_str(), token.expires_in),
        ("hush-hush", 3600)
    );
    let shown = format!("{token:?}");
    assert!(
        !shown.contains("hush") && shown.contains("[redacted]"),
        "{shown}"
    );
    let error =
        serde_json::from_str::<TokenResponse>(r#"{"access_token":{"v":"hush-hush"}}"#).unwrap_err();
    assert!(!error.to_string().contains("hush"), "{error}");
}

#[test]
fn merge_request() {
    let mut second = PresentationToMerge::new("file1");
    second.source = Some(PresentationSource::Request);
    second.slides = vec![3, 1];
    second.password = Some("hush-hush".into());
    let request = OrderedMergeRequest::new(vec![PresentationToMerge::new("Data/a.pptx"), second]);
    let text = serde_json::to_string(&request).unwrap();
    assert_eq!(
        text,
        r#"{"presentations":[{"path":"Data/a.pptx"},{"path":"file1","password":"hush-hush","slides":[3,1],"source":"Request"}]}"#
    );
    assert_eq!(
        serde_json::from_str::<OrderedMergeRequest>(&text).unwrap(),
        request
    );
    assert!(!format!("{request:?}").contains("hush"));
    let go: OrderedMergeRequest = serde_json::from_str(
        r#"{"Presentations":[{"Path":"a","Password":null,"Slides":null,"Source":"storage"}]}"#,
    )
    .unwrap();
    assert_eq!(
        go.presentations[0].source,
        Some(PresentationSource::Storage)
    );
    assert!(go.presentations[0].slides.is_empty());
}

#[test]
fn an_operation_is_read_as_other_servers_write_it() {
    let plain = json!({
        "id": "7", "method": "Merge", "status": "Failed",
        "progress": { "stepIndex": 1, "stepCount": 2 }, "failed": "2023-11-30T15:38:48Z",
        "error": { "httpStatusCode": 400, "message": "bad deck" }
    });
    let plain: Operation = serde_json::from_value(plain).unwrap();
    for text in [
        r#"{"ID":7,"METHOD":"merge","STATUS":"failed","PROGRESS":{"STEPINDEX":"1","STEPCOUNT":"2"},
            "FAILED":"2023-11-30T15:38:48Z","ERROR":{"HTTPSTATUSCODE":"400","MESSAGE":"bad deck"}}"#,
        r#"{"Id":"7","Method":"Merge","Status":" Failed ","Progress":{"Description":null,"StepIndex":1.0,"StepCount":2},
            "Created":null,"Started":null,"Failed":"2023-11-30T15:38:48Z","Canceled":null,"Finished":null,
            "Error":{"Code":null,"Description":null,"HttpStatusCode":400,"Message":"bad deck"}}"#,
    ] {
        assert_eq!(
            serde_json::from_str::<Operation>(text).unwrap(),
            plain,
            "{text}"
        );
    }
    let text = r#"{"id":"7","status":"Failed","error":"bad deck"}"#;
    let operation: Operation = serde_json::from_str(text).unwrap();
    let error = operation.error.unwrap();
    assert_eq!(
        (error.message.as_deref(), error.http_status_code),
        (Some("bad deck"), 0)
    );
    for (text, status) in [
        ("Cancelled", OperationStatus::Canceled),
        ("CANCELED", OperationStatus::Canceled),
        ("OnHold", OperationStatus::Unknown("OnHold".into())),
    ] {
        let operation: Operation = serde_json::from_value(json!({ "status": text })).unwrap();
        assert_eq!(operation.status, status);
    }
}
