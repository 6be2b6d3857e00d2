//! Three releases to show the product with: two invented ones and a real one, as pages of a
//! `WordPress` site with everything around the text that such a site has.

/// One release of the sample site.
#[derive(Debug, Clone, Copy)]
pub struct SampleRelease {
    /// The last part of its address.
    pub slug: &'static str,
    /// Its title, as it may stand in XML and HTML.
    pub title: &'static str,
    /// Its first sentence, as a feed gives it; may stand in XML and HTML.
    pub summary: &'static str,
    /// The whole page, as a browser gets it. Its links are relative to the site's root.
    pub page: &'static str,
}

/// The releases in the order of their publication.
pub const RELEASES: &[SampleRelease] = &[
    SampleRelease {
        slug: "mobile-office-hours-come-to-orange-county",
        title: "Mobile Office Hours Come to Orange County",
        summary: "Staff of Rep. Young Kim will hold mobile office hours at the public library this month.",
        page: include_str!("sample/office-hours.html"),
    },
    SampleRelease {
        slug: "rep-young-kim-leads-letter-demanding-answers-on-russia-dprk-relationship",
        title: "Rep. Young Kim Leads Letter Demanding Answers on Russia-DPRK Relationship",
        summary: "U.S. Representative Young Kim (CA-40) led a letter to Secretary of State Antony Blinken to demand answers on the Russia-DPRK relationship.",
        page: include_str!("sample/russia-dprk.html"),
    },
    SampleRelease {
        slug: "rep-young-kim-welcomes-federal-support-for-tustin-hangar-cleanup",
        title: "Rep. Young Kim Welcomes Federal Support for Tustin Hangar Cleanup",
        summary: "Rep. Young Kim (CA-40) today welcomed new federal support for the families and businesses around the Tustin hangar.",
        page: include_str!("sample/hangar-cleanup.html"),
    },
];
