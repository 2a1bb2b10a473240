//! The values that pass between the program and either database: four kinds and no more. A boolean is 0 or 1, a
//! uid 16 bytes, a time milliseconds in UTC, a day or a JSON document text.

use crate::error::StoreError;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Val {
    Null,
    I64(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl From<i64> for Val {
    fn from(v: i64) -> Val {
        Val::I64(v)
    }
}
impl From<bool> for Val {
    fn from(v: bool) -> Val {
        Val::I64(i64::from(v))
    }
}
impl From<&str> for Val {
    fn from(v: &str) -> Val {
        Val::Text(v.to_owned())
    }
}
impl From<String> for Val {
    fn from(v: String) -> Val {
        Val::Text(v)
    }
}
impl From<Vec<u8>> for Val {
    fn from(v: Vec<u8>) -> Val {
        Val::Bytes(v)
    }
}
impl From<&[u8]> for Val {
    fn from(v: &[u8]) -> Val {
        Val::Bytes(v.to_vec())
    }
}
impl From<rules::Uid> for Val {
    fn from(v: rules::Uid) -> Val {
        Val::Bytes(v.0.to_vec())
    }
}
impl From<rules::At> for Val {
    fn from(v: rules::At) -> Val {
        Val::I64(v.0)
    }
}
impl From<rules::Day> for Val {
    fn from(v: rules::Day) -> Val {
        Val::Text(v.to_string())
    }
}
impl From<rules::BirthDate> for Val {
    fn from(v: rules::BirthDate) -> Val {
        Val::Text(v.to_string())
    }
}
impl<T: Into<Val>> From<Option<T>> for Val {
    fn from(v: Option<T>) -> Val {
        v.map_or(Val::Null, Into::into)
    }
}

macro_rules! ids_and_words {
    ($($id:ident)* ; $($word:ident)*) => {
        $(impl From<rules::$id> for Val { fn from(v: rules::$id) -> Val { Val::I64(v.0) } }
          impl crate::stmt::AsI64 for rules::$id { fn as_i64(&self) -> i64 { self.0 } }
          impl Column for rules::$id {
              fn read(row: &mut Row) -> Result<Self, StoreError> { row.i64().map(rules::$id) }
              fn val(&self) -> Val { Val::I64(self.0) }
          })*
        $(impl From<rules::$word> for Val { fn from(v: rules::$word) -> Val { Val::Text(v.word().to_owned()) } }
          impl FromWord for rules::$word {
              fn from_word(word: &str) -> Option<Self> { rules::$word::parse(word) }
          }
          impl Column for rules::$word {
              fn read(row: &mut Row) -> Result<Self, StoreError> { row.word() }
              fn val(&self) -> Val { Val::Text(self.word().to_owned()) }
          })*
    };
}

/// A type that is one column.
pub trait Column: Sized {
    fn read(row: &mut Row) -> Result<Self, StoreError>;
    fn val(&self) -> Val;
}

/// A type that is one row.
pub trait FromRow: Sized {
    fn from_row(row: &mut Row) -> Result<Self, StoreError>;
}

macro_rules! columns {
    ($($ty:ty: $read:ident),+ $(,)?) => {$(
        impl Column for $ty {
            fn read(row: &mut Row) -> Result<Self, StoreError> { row.$read() }
            fn val(&self) -> Val { self.clone().into() }
        }
    )+};
}

columns! {
    i64: i64, bool: flag, String: text, Vec<u8>: bytes, rules::Uid: uid, rules::At: at, rules::Day: day,
    rules::BirthDate: birth_date,
}

impl<T: Column> Column for Option<T> {
    fn read(row: &mut Row) -> Result<Self, StoreError> {
        if row.is_null() { row.val().map(|_| None) } else { T::read(row).map(Some) }
    }
    fn val(&self) -> Val {
        self.as_ref().map_or(Val::Null, T::val)
    }
}

/// A stored word that is one of a closed list.
pub trait FromWord: Sized {
    fn from_word(word: &str) -> Option<Self>;
}

ids_and_words! {
    AreaId OrganisationId StaffId GrantId PersonId HouseholdId EpisodeId GroupId AttemptId TestId ReportId ImportId
    CheckinId JudgementId AlertId LinkId AlertSubjectId AdoptionId DeviceId ConversationId MessageId SeenId TaskId ;
    EpisodeKind EpisodeState Outcome DetectionSource Severity Sex HouseholdKind FirstContact Arrangement
    Level AnsweredBy AlertCause AlertState AlertEnd GapLevel ContactBy AttemptOutcome TestKind TestResult TestWitness Audience AreaLevel OrganisationKind Role PointState
    MessageKind LinkDelivery DeviceBinding
    ReportState Substitute ImportState
}

/// One row of an answer, read from left to right: each call takes the next column.
#[derive(Clone, Debug)]
pub struct Row {
    pub vals: Vec<Val>,
    next: usize,
}

impl Row {
    pub fn new(vals: Vec<Val>) -> Row {
        Row { vals, next: 0 }
    }

    pub fn val(&mut self) -> Result<Val, StoreError> {
        let at = self.next;
        self.next += 1;
        match self.vals.get_mut(at) {
            Some(v) => Ok(std::mem::replace(v, Val::Null)),
            None => Err(StoreError::Shape(format!("no column {at}"))),
        }
    }

    fn is_null(&self) -> bool {
        matches!(self.vals.get(self.next), Some(Val::Null))
    }

    /// Reads the next columns as a type of their own.
    pub fn get<T: Column>(&mut self) -> Result<T, StoreError> {
        T::read(self)
    }

    pub fn birth_date(&mut self) -> Result<rules::BirthDate, StoreError> {
        let text = self.text()?;
        rules::BirthDate::parse(&text).ok_or_else(|| StoreError::Shape(format!("{text:?} is no birth date")))
    }

    pub fn opt_i64(&mut self) -> Result<Option<i64>, StoreError> {
        match self.val()? {
            Val::Null => Ok(None),
            Val::I64(v) => Ok(Some(v)),
            other => Err(StoreError::Shape(format!("column {} is {other:?}, not a number", self.next - 1))),
        }
    }

    pub fn i64(&mut self) -> Result<i64, StoreError> {
        let at = self.next;
        self.opt_i64()?.ok_or_else(|| StoreError::Shape(format!("column {at} is null")))
    }

    pub fn flag(&mut self) -> Result<bool, StoreError> {
        Ok(self.i64()? != 0)
    }

    pub fn opt_text(&mut self) -> Result<Option<String>, StoreError> {
        match self.val()? {
            Val::Null => Ok(None),
            Val::Text(v) => Ok(Some(v)),
            other => Err(StoreError::Shape(format!("column {} is {other:?}, not text", self.next - 1))),
        }
    }

    pub fn text(&mut self) -> Result<String, StoreError> {
        let at = self.next;
        self.opt_text()?.ok_or_else(|| StoreError::Shape(format!("column {at} is null")))
    }

    pub fn opt_bytes(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        match self.val()? {
            Val::Null => Ok(None),
            Val::Bytes(v) => Ok(Some(v)),
            other => Err(StoreError::Shape(format!("column {} is {other:?}, not bytes", self.next - 1))),
        }
    }

    pub fn bytes(&mut self) -> Result<Vec<u8>, StoreError> {
        let at = self.next;
        self.opt_bytes()?.ok_or_else(|| StoreError::Shape(format!("column {at} is null")))
    }

    pub fn uid(&mut self) -> Result<rules::Uid, StoreError> {
        let bytes = self.bytes()?;
        let uid: [u8; 16] =
            bytes.try_into().map_err(|_| StoreError::Shape("a uid that is not 16 bytes".to_owned()))?;
        Ok(rules::Uid(uid))
    }

    pub fn opt_uid(&mut self) -> Result<Option<rules::Uid>, StoreError> {
        match self.vals.get(self.next) {
            Some(Val::Null) => self.val().map(|_| None),
            _ => self.uid().map(Some),
        }
    }

    pub fn at(&mut self) -> Result<rules::At, StoreError> {
        self.i64().map(rules::At)
    }

    pub fn opt_at(&mut self) -> Result<Option<rules::At>, StoreError> {
        Ok(self.opt_i64()?.map(rules::At))
    }

    pub fn day(&mut self) -> Result<rules::Day, StoreError> {
        let text = self.text()?;
        rules::Day::parse(&text).ok_or_else(|| StoreError::Shape(format!("{text:?} is no day")))
    }

    pub fn opt_day(&mut self) -> Result<Option<rules::Day>, StoreError> {
        match self.vals.get(self.next) {
            Some(Val::Null) => self.val().map(|_| None),
            _ => self.day().map(Some),
        }
    }

    pub fn word<T: FromWord>(&mut self) -> Result<T, StoreError> {
        let text = self.text()?;
        T::from_word(&text).ok_or_else(|| StoreError::Shape(format!("unknown word {text:?}")))
    }

    pub fn opt_word<T: FromWord>(&mut self) -> Result<Option<T>, StoreError> {
        match self.vals.get(self.next) {
            Some(Val::Null) => self.val().map(|_| None),
            _ => self.word().map(Some),
        }
    }
}

impl rusqlite::ToSql for Val {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::{ToSqlOutput, ValueRef};
        Ok(ToSqlOutput::Borrowed(match self {
            Val::Null => ValueRef::Null,
            Val::I64(v) => ValueRef::Integer(*v),
            Val::Text(v) => ValueRef::Text(v.as_bytes()),
            Val::Bytes(v) => ValueRef::Blob(v),
        }))
    }
}

impl tokio_postgres::types::ToSql for Val {
    fn to_sql(
        &self,
        ty: &tokio_postgres::types::Type,
        out: &mut bytes::BytesMut,
    ) -> Result<tokio_postgres::types::IsNull, Box<dyn std::error::Error + Sync + Send>> {
        use tokio_postgres::types::{IsNull, Type};
        match self {
            Val::Null => Ok(IsNull::Yes),
            Val::I64(v) if *ty == Type::INT8 => v.to_sql(ty, out),
            Val::I64(v) if *ty == Type::INT4 => i32::try_from(*v)?.to_sql(ty, out),
            Val::I64(_) => Err(format!("a number for a column of type {ty}").into()),
            Val::Text(v) => v.to_sql(ty, out),
            Val::Bytes(v) => v.to_sql(ty, out),
        }
    }

    fn accepts(_: &tokio_postgres::types::Type) -> bool {
        true
    }

    tokio_postgres::types::to_sql_checked!();
}

impl crate::stmt::AsI64 for i64 {
    fn as_i64(&self) -> i64 {
        *self
    }
}
