/// Signs and names of a language, as labels of numbers and dates use them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Locale {
    /// Language tag, with a region where it differs from the language's other regions.
    tag: &'static str,
    /// Low ten bits of the Windows language id.
    id: u32,
    /// Between the whole and its part.
    pub decimal: &'static str,
    /// Between groups of three digits.
    pub thousands: &'static str,
    /// Between the parts of a date.
    pub date_sign: &'static str,
    /// Twelve names, blank between them.
    months: &'static str,
    months_short: &'static str,
    /// Seven names from Sunday.
    weekdays: &'static str,
    weekdays_short: &'static str,
}

impl Default for &'static Locale {
    fn default() -> Self {
        &ENGLISH
    }
}

impl Locale {
    /// The language of a tag such as `de-DE` (`c:lang`); English for those not known.
    pub(crate) fn new(tag: &str) -> &'static Self {
        Self::of_tag(tag).unwrap_or(&ENGLISH)
    }

    /// The language of a tag; none for those not known.
    pub(crate) fn of_tag(tag: &str) -> Option<&'static Self> {
        let same = |known: &&Self| known.tag.eq_ignore_ascii_case(tag);
        let language = tag.split(['-', '_']).next().unwrap_or_default();
        LOCALES.iter().find(same).or_else(|| {
            LOCALES
                .iter()
                .find(|known| known.tag.eq_ignore_ascii_case(language))
        })
    }

    /// The language of a Windows language id such as `0x407`.
    pub(super) fn of_id(id: u32) -> Option<&'static Self> {
        LOCALES.iter().find(|known| known.id == id & 0x3FF)
    }

    /// Name of month 1 to 12.
    pub(super) fn month(&self, month: i64) -> String {
        name(self.months, month - 1)
    }

    pub(super) fn month_short(&self, month: i64) -> String {
        name(self.months_short, month - 1)
    }

    /// Name of weekday 0 (Sunday) to 6.
    pub(super) fn weekday(&self, weekday: i64) -> String {
        name(self.weekdays, weekday)
    }

    pub(super) fn weekday_short(&self, weekday: i64) -> String {
        name(self.weekdays_short, weekday)
    }
}

fn name(names: &str, index: i64) -> String {
    let index = usize::try_from(index).unwrap_or_default();
    names.split(' ').nth(index).unwrap_or_default().to_owned()
}

const NBSP: &str = "\u{A0}";

const ENGLISH: Locale = Locale {
    tag: "en",
    id: 0x09,
    decimal: ".",
    thousands: ",",
    date_sign: "/",
    months: "January February March April May June July August September October November December",
    months_short: "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    weekdays: "Sunday Monday Tuesday Wednesday Thursday Friday Saturday",
    weekdays_short: "Sun Mon Tue Wed Thu Fri Sat",
};

const GERMAN: Locale = Locale {
    tag: "de",
    id: 0x07,
    decimal: ",",
    thousands: ".",
    date_sign: ".",
    months: "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    months_short: "Jan Feb Mrz Apr Mai Jun Jul Aug Sep Okt Nov Dez",
    weekdays: "Sonntag Montag Dienstag Mittwoch Donnerstag Freitag Samstag",
    weekdays_short: "So Mo Di Mi Do Fr Sa",
};

const FRENCH: Locale = Locale {
    tag: "fr",
    id: 0x0C,
    decimal: ",",
    thousands: NBSP,
    date_sign: "/",
    months: "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    months_short: "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
    weekdays: "dimanche lundi mardi mercredi jeudi vendredi samedi",
    weekdays_short: "dim. lun. mar. mer. jeu. ven. sam.",
};

const SPANISH: Locale = Locale {
    tag: "es",
    id: 0x0A,
    decimal: ",",
    thousands: ".",
    date_sign: "/",
    months: "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    months_short: "ene feb mar abr may jun jul ago sep oct nov dic",
    weekdays: "domingo lunes martes miércoles jueves viernes sábado",
    weekdays_short: "do. lu. ma. mi. ju. vi. sá.",
};

const PORTUGUESE: Locale = Locale {
    tag: "pt",
    id: 0x16,
    decimal: ",",
    thousands: ".",
    date_sign: "/",
    months: "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    months_short: "jan fev mar abr mai jun jul ago set out nov dez",
    weekdays: "domingo segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado",
    weekdays_short: "dom seg ter qua qui sex sáb",
};

const CHINESE: Locale = Locale {
    tag: "zh",
    id: 0x04,
    months: "一月 二月 三月 四月 五月 六月 七月 八月 九月 十月 十一月 十二月",
    months_short: "1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月",
    weekdays: "星期日 星期一 星期二 星期三 星期四 星期五 星期六",
    weekdays_short: "周日 周一 周二 周三 周四 周五 周六",
    ..ENGLISH
};

/// No Windows language: a row that only a tag finds.
const NO_ID: u32 = u32::MAX;

/// Languages whose month names are not kept, with their signs.
const fn signs(
    tag: &'static str,
    id: u32,
    [decimal, thousands, date_sign]: [&'static str; 3],
) -> Locale {
    Locale {
        tag,
        id,
        decimal,
        thousands,
        date_sign,
        ..ENGLISH
    }
}

const LOCALES: [Locale; 40] = [
    ENGLISH,
    GERMAN,
    Locale {
        tag: "de-CH",
        id: NO_ID,
        decimal: ".",
        thousands: "’",
        ..GERMAN
    },
    Locale {
        tag: "de-LI",
        id: NO_ID,
        decimal: ".",
        thousands: "’",
        ..GERMAN
    },
    Locale {
        tag: "de-AT",
        id: NO_ID,
        thousands: NBSP,
        ..GERMAN
    },
    FRENCH,
    Locale {
        tag: "fr-CH",
        id: NO_ID,
        date_sign: ".",
        ..FRENCH
    },
    Locale {
        tag: "fr-CA",
        id: NO_ID,
        date_sign: "-",
        ..FRENCH
    },
    SPANISH,
    Locale {
        tag: "es-MX",
        id: NO_ID,
        decimal: ".",
        thousands: ",",
        ..SPANISH
    },
    Locale {
        tag: "es-US",
        id: NO_ID,
        decimal: ".",
        thousands: ",",
        ..SPANISH
    },
    PORTUGUESE,
    Locale {
        tag: "pt-PT",
        id: NO_ID,
        thousands: NBSP,
        ..PORTUGUESE
    },
    Locale {
        tag: "it",
        id: 0x10,
        months: "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        months_short: "gen feb mar apr mag giu lug ago set ott nov dic",
        weekdays: "domenica lunedì martedì mercoledì giovedì venerdì sabato",
        weekdays_short: "dom lun mar mer gio ven sab",
        ..SPANISH
    },
    Locale {
        tag: "nl",
        id: 0x13,
        decimal: ",",
        thousands: ".",
        date_sign: "-",
        months: "januari februari maart april mei juni juli augustus september oktober november december",
        months_short: "jan feb mrt apr mei jun jul aug sep okt nov dec",
        weekdays: "zondag maandag dinsdag woensdag donderdag vrijdag zaterdag",
        weekdays_short: "zo ma di wo do vr za",
    },
    Locale {
        tag: "pl",
        id: 0x15,
        decimal: ",",
        thousands: NBSP,
        date_sign: ".",
        months: "styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień",
        months_short: "sty lut mar kwi maj cze lip sie wrz paź lis gru",
        weekdays: "niedziela poniedziałek wtorek środa czwartek piątek sobota",
        weekdays_short: "niedz. pon. wt. śr. czw. pt. sob.",
    },
    Locale {
        tag: "ru",
        id: 0x19,
        decimal: ",",
        thousands: NBSP,
        date_sign: ".",
        months: "Январь Февраль Март Апрель Май Июнь Июль Август Сентябрь Октябрь Ноябрь Декабрь",
        months_short: "янв фев мар апр май июн июл авг сен окт ноя дек",
        weekdays: "воскресенье понедельник вторник среда четверг пятница суббота",
        weekdays_short: "Вс Пн Вт Ср Чт Пт Сб",
    },
    Locale {
        tag: "sv",
        id: 0x1D,
        decimal: ",",
        thousands: NBSP,
        date_sign: "-",
        months: "januari februari mars april maj juni juli augusti september oktober november december",
        months_short: "jan feb mar apr maj jun jul aug sep okt nov dec",
        weekdays: "söndag måndag tisdag onsdag torsdag fredag lördag",
        weekdays_short: "sön mån tis ons tor fre lör",
    },
    Locale {
        tag: "da",
        id: 0x06,
        decimal: ",",
        thousands: ".",
        date_sign: "-",
        months: "januar februar marts april maj juni juli august september oktober november december",
        months_short: "jan feb mar apr maj jun jul aug sep okt nov dec",
        weekdays: "søndag mandag tirsdag onsdag torsdag fredag lørdag",
        weekdays_short: "sø ma ti on to fr lø",
    },
    Locale {
        tag: "nb",
        id: 0x14,
        decimal: ",",
        thousands: NBSP,
        date_sign: ".",
        months: "januar februar mars april mai juni juli august september oktober november desember",
        months_short: "jan feb mar apr mai jun jul aug sep okt nov des",
        weekdays: "søndag mandag tirsdag onsdag torsdag fredag lørdag",
        weekdays_short: "sø ma ti on to fr lø",
    },
    Locale {
        tag: "fi",
        id: 0x0B,
        decimal: ",",
        thousands: NBSP,
        date_sign: ".",
        months: "tammikuu helmikuu maaliskuu huhtikuu toukokuu kesäkuu heinäkuu elokuu syyskuu lokakuu marraskuu joulukuu",
        months_short: "tammi helmi maalis huhti touko kesä heinä elo syys loka marras joulu",
        weekdays: "sunnuntai maanantai tiistai keskiviikko torstai perjantai lauantai",
        weekdays_short: "su ma ti ke to pe la",
    },
    Locale {
        tag: "cs",
        id: 0x05,
        decimal: ",",
        thousands: NBSP,
        date_sign: ".",
        months: "leden únor březen duben květen červen červenec srpen září říjen listopad prosinec",
        months_short: "led úno bře dub kvě čvn čvc srp zář říj lis pro",
        weekdays: "neděle pondělí úterý středa čtvrtek pátek sobota",
        weekdays_short: "ne po út st čt pá so",
    },
    Locale {
        tag: "tr",
        id: 0x1F,
        decimal: ",",
        thousands: ".",
        date_sign: ".",
        months: "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
        months_short: "Oca Şub Mar Nis May Haz Tem Ağu Eyl Eki Kas Ara",
        weekdays: "Pazar Pazartesi Salı Çarşamba Perşembe Cuma Cumartesi",
        weekdays_short: "Paz Pzt Sal Çar Per Cum Cmt",
    },
    Locale {
        tag: "ja",
        id: 0x11,
        months: "1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月",
        weekdays: "日曜日 月曜日 火曜日 水曜日 木曜日 金曜日 土曜日",
        weekdays_short: "日 月 火 水 木 金 土",
        ..CHINESE
    },
    CHINESE,
    Locale {
        tag: "ko",
        id: 0x12,
        date_sign: "-",
        months: "1월 2월 3월 4월 5월 6월 7월 8월 9월 10월 11월 12월",
        months_short: "1 2 3 4 5 6 7 8 9 10 11 12",
        weekdays: "일요일 월요일 화요일 수요일 목요일 금요일 토요일",
        weekdays_short: "일 월 화 수 목 금 토",
        ..ENGLISH
    },
    signs("no", NO_ID, [",", NBSP, "."]),
    signs("id", 0x21, [",", ".", "/"]),
    signs("vi", 0x2A, [",", ".", "/"]),
    signs("el", 0x08, [",", ".", "/"]),
    signs("ro", 0x18, [",", ".", "."]),
    signs("hu", 0x0E, [",", NBSP, "."]),
    signs("sk", 0x1B, [",", NBSP, "."]),
    signs("sl", 0x24, [",", ".", "."]),
    signs("hr", 0x1A, [",", ".", "."]),
    signs("bg", 0x02, [",", NBSP, "."]),
    signs("uk", 0x22, [",", NBSP, "."]),
    signs("lt", 0x27, [",", NBSP, "-"]),
    signs("lv", 0x26, [",", NBSP, "."]),
    signs("et", 0x25, [",", NBSP, "."]),
];
