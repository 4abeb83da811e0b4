//! The fields that a row may have. The same words name them in every command that reads rows.

use std::fmt;
use std::str::FromStr;

use crate::config::nearest;

/// A field of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// The department's own code for the item.
    Id,
    /// The department's name.
    Department,
    /// The department's organisation code.
    DepartmentCode,
    /// The code of the implementing body, where it is not the department.
    Organisation,
    /// The item's name.
    Name,
    /// One or two sentences about it.
    Summary,
    /// Further words under which people search for it.
    Keywords,
    /// The code of this department's implementation of the service.
    ItemCode,
    /// The code that departments share for the service.
    BasicCode,
    /// 事项类型.
    Kind,
    /// 服务对象.
    Audience,
    /// The division that is served.
    Region,
    /// 实施层级.
    Level,
    /// The backend's base URL.
    Endpoint,
    /// The address of the page for phones.
    Link,
    /// 设定依据: the laws and articles that it rests on.
    LegalBasis,
}

impl Field {
    /// Every field.
    pub const ALL: [Self; 16] = [
        Self::Id,
        Self::Department,
        Self::DepartmentCode,
        Self::Organisation,
        Self::Name,
        Self::Summary,
        Self::Keywords,
        Self::ItemCode,
        Self::BasicCode,
        Self::Kind,
        Self::Audience,
        Self::Region,
        Self::Level,
        Self::Endpoint,
        Self::Link,
        Self::LegalBasis,
    ];

    /// The field's name, as people write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Department => "department",
            Self::DepartmentCode => "departmentCode",
            Self::Organisation => "organisation",
            Self::Name => "name",
            Self::Summary => "summary",
            Self::Keywords => "keywords",
            Self::ItemCode => "itemCode",
            Self::BasicCode => "basicCode",
            Self::Kind => "kind",
            Self::Audience => "audience",
            Self::Region => "region",
            Self::Level => "level",
            Self::Endpoint => "endpoint",
            Self::Link => "link",
            Self::LegalBasis => "legalBasis",
        }
    }

    /// The field whose content a JSON pointer into an import row or an item's content speaks of.
    pub fn of_pointer(pointer: &str) -> Option<Self> {
        let inner = pointer.strip_prefix("/content").unwrap_or(pointer);
        let mut steps = inner.split('/').skip(1);
        Some(match (steps.next()?, steps.next()) {
            ("localCode", _) => Self::Id,
            ("department", Some("code")) => Self::DepartmentCode,
            ("department", _) => Self::Department,
            ("organisation", _) => Self::Organisation,
            ("name", _) => Self::Name,
            ("summary", _) => Self::Summary,
            ("keywords", _) => Self::Keywords,
            ("codes", _) => Self::BasicCode,
            ("kind", _) => Self::Kind,
            ("audience", _) => Self::Audience,
            ("regions", _) => Self::Region,
            ("level", _) => Self::Level,
            ("backend", _) => Self::Endpoint,
            ("entryPoints", _) => Self::Link,
            ("legalBasis", _) => Self::LegalBasis,
            (_, _) => return None,
        })
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Field {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let names = Self::ALL.map(Self::as_str);
        Self::ALL.into_iter().find(|field| field.as_str() == name).ok_or_else(|| match nearest(name, names) {
            Some(meant) => format!("there is no field {name}; did you mean {meant}?"),
            None => format!("there is no field {name}; the fields are {}", names.join(", ")),
        })
    }
}
