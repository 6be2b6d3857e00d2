//! A list of those who left, and who confirmed by themselves since: the newer word holds.

use super::{
    importing::{everybody, exported, take},
    *,
};

#[tokio::test]
async fn who_confirmed_by_themselves_after_the_lists_date_stays() {
    let (app, _folder) = app().await;
    for (id, list, stays) in [
        (
            1,
            "email,Unsubscribed at\nreader1@example.org,2026-05-01\n",
            true,
        ),
        (
            2,
            "email,status,UNSUB_TIME\nreader2@example.org,unsubscribed,2026-05-01 10:00:00\n",
            true,
        ),
        (
            3,
            "email,CLEAN_TIME\nreader3@example.org,05/02/2026\n",
            true,
        ),
        // They left after they had confirmed.
        (
            4,
            "email,Unsubscribed at\nreader4@example.org,2026-05-30\n",
            false,
        ),
        // Nobody takes a complaint back.
        (
            5,
            "email,complained at\nreader5@example.org,2026-05-01\n",
            false,
        ),
        // The list says no date, or none on one of two lines.
        (6, "email,status\nreader6@example.org,unsubscribed\n", false),
        (
            7,
            "email,Unsubscribed at\nreader7@example.org,yes\nreader7@example.org,2026-05-01\n",
            false,
        ),
        // Elsewhere a column of that name may say since when they were on the list.
        (
            8,
            "email,status,since\nreader8@example.org,unsubscribed,2020-01-01T00:00:00Z\n",
            false,
        ),
    ] {
        test_data::subscriber(id).since(NOW).insert(&app).await;
        let report = take(&app, list.as_bytes()).await.unwrap();
        let is_confirmed = status(&app, id).await == Some(Status::Confirmed);
        assert_eq!(is_confirmed, stays, "{list}");
        assert_eq!(report.came_back, u64::from(stays), "{list}");
        assert_eq!(report.left, u64::from(!stays), "{list}");
        assert_eq!(report.overruled, u64::from(id > 5), "{list}");
    }
    // Whom staff brought has said nothing themselves.
    take(&app, b"email\nbrought@example.org\n").await.unwrap();
    let report = take(&app, b"email,status\nbrought@example.org,unsubscribed\n").await;
    let report = report.unwrap();
    assert_eq!((report.left, report.overruled), (1, 0));
}

#[tokio::test]
async fn an_old_export_of_our_own_takes_nobody_off_who_came_back_since() {
    let (app, _folder) = app().await;
    let gone = test_data::subscriber(1).status(Status::Unsubscribed);
    gone.since(NOW - 1).topics(&[]).insert(&app).await;
    let old = exported(&app).await;
    assert!(happens(&app, 1, Event::Confirm).await);
    let report = take(&app, &old).await.unwrap();
    assert_eq!((report.known, report.came_back, report.left), (1, 1, 0));
    assert_eq!(everybody(&app).await, ["reader1@example.org confirmed "]);
}

#[tokio::test]
async fn a_date_is_read_however_a_list_writes_it_and_one_that_is_not_stops() {
    let (app, _folder) = app().await;
    let dates = [
        "Jan 15, 2024 10:30 AM",
        "15 Jan 2024 10:30am",
        "Mon, 15 Jan 2024 10:30:00 +0000",
        "Monday, January 15, 2024",
        "20240115",
        "1705314600",
        "1705314600000",
        "45306",
        "15-ene-2024",
        "15 de enero de 2024",
        "2024년 1월 15일",
        "2024年1月15日",
        "15. Januar 2024",
    ];
    for (id, date) in (1..).zip(dates) {
        test_data::subscriber(id).since(NOW).insert(&app).await;
        let list = format!("email,Unsubscribed at\nreader{id}@example.org,\"{date}\"\n");
        let report = take(&app, list.as_bytes()).await.unwrap();
        assert_eq!((report.came_back, report.left), (1, 0), "{date}");
        assert_eq!(status(&app, id).await, Some(Status::Confirmed), "{date}");
    }
    test_data::subscriber(50).since(NOW).insert(&app).await;
    let list = b"email,Unsubscribed at\nreader50@example.org,the ides of March\n";
    let stopped = take(&app, list).await.unwrap_err();
    assert!(
        stopped.contains("line 2: `the ides of March` in the column `Unsubscribed at`"),
        "{stopped}"
    );
    assert_eq!(status(&app, 50).await, Some(Status::Confirmed));
}
