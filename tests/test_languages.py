"""Languages: those of the samples are known, and unknown codes are kept."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokcompare import load_samples
from tokcompare.languages import LANGUAGES, describe_language, entry_of, is_pair, shown_codes

_CODES = """
ace_Arab ace_Latn acm_Arab acq_Arab aeb_Arab afr_Latn ajp_Arab aka_Latn als_Latn amh_Ethi
apc_Arab arb_Arab arb_Latn ars_Arab ary_Arab arz_Arab asm_Beng ast_Latn awa_Deva ayr_Latn
azb_Arab azj_Latn bak_Cyrl bam_Latn ban_Latn bel_Cyrl bem_Latn ben_Beng bho_Deva bjn_Arab
bjn_Latn bod_Tibt bos_Latn bug_Latn bul_Cyrl cat_Latn ceb_Latn ces_Latn cjk_Latn ckb_Arab
crh_Latn cym_Latn dan_Latn deu_Latn dik_Latn dyu_Latn dzo_Tibt ell_Grek eng_Latn epo_Latn
est_Latn eus_Latn ewe_Latn fao_Latn fij_Latn fin_Latn fon_Latn fra_Latn fur_Latn fuv_Latn
gaz_Latn gla_Latn gle_Latn glg_Latn grn_Latn guj_Gujr hat_Latn hau_Latn heb_Hebr hin_Deva
hne_Deva hrv_Latn hun_Latn hye_Armn ibo_Latn ilo_Latn ind_Latn isl_Latn ita_Latn jav_Latn
jpn_Jpan kab_Latn kac_Latn kam_Latn kan_Knda kas_Arab kas_Deva kat_Geor kaz_Cyrl kbp_Latn
kea_Latn khk_Cyrl khm_Khmr kik_Latn kin_Latn kir_Cyrl kmb_Latn kmr_Latn knc_Arab knc_Latn
kon_Latn kor_Hang lao_Laoo lij_Latn lim_Latn lin_Latn lit_Latn lmo_Latn ltg_Latn ltz_Latn
lua_Latn lug_Latn luo_Latn lus_Latn lvs_Latn mag_Deva mai_Deva mal_Mlym mar_Deva min_Arab
min_Latn mkd_Cyrl mlt_Latn mni_Beng mos_Latn mri_Latn mya_Mymr nld_Latn nno_Latn nob_Latn
npi_Deva nso_Latn nus_Latn nya_Latn oci_Latn ory_Orya pag_Latn pan_Guru pap_Latn pbt_Arab
pes_Arab plt_Latn pol_Latn por_Latn prs_Arab quy_Latn ron_Latn run_Latn rus_Cyrl sag_Latn
san_Deva sat_Olck scn_Latn shn_Mymr sin_Sinh slk_Latn slv_Latn smo_Latn sna_Latn snd_Arab
som_Latn sot_Latn spa_Latn srd_Latn srp_Cyrl ssw_Latn sun_Latn swe_Latn swh_Latn szl_Latn
tam_Taml taq_Latn taq_Tfng tat_Cyrl tel_Telu tgk_Cyrl tgl_Latn tha_Thai tir_Ethi tpi_Latn
tsn_Latn tso_Latn tuk_Latn tum_Latn tur_Latn twi_Latn tzm_Tfng uig_Arab ukr_Cyrl umb_Latn
urd_Arab uzn_Latn vec_Latn vie_Latn war_Latn wol_Latn xho_Latn ydd_Hebr yor_Latn yue_Hant
zho_Hans zho_Hant zsm_Latn zul_Latn
"""
FLORES = _CODES.split()


def test_every_language_of_the_samples_is_known() -> None:
    for code in load_samples().languages:
        language = describe_language(code)
        assert language.code == code
        assert all((language.name, language.native_name, language.script))
        assert unicodedata.is_normalized("NFC", language.native_name)


def test_direction_of_the_native_name() -> None:
    for language in LANGUAGES.values():
        if language.native_name:
            right_to_left = unicodedata.bidirectional(language.native_name[0]) in ("R", "AL")
            assert language.direction == ("rtl" if right_to_left else "ltr")


def test_script_of_the_native_name() -> None:
    # The Unicode name of a letter begins with the name of its script.
    names = {
        "Arab": "ARABIC",
        "Cyrl": "CYRILLIC",
        "Deva": "DEVANAGARI",
        "Gujr": "GUJARATI",
        "Hans": "CJK",
        "Jpan": "CJK",
        "Kore": "HANGUL",
        "Latn": "LATIN",
        "Taml": "TAMIL",
        "Telu": "TELUGU",
    }
    for language in LANGUAGES.values():
        if language.native_name:
            assert unicodedata.name(language.native_name[0]).startswith(names[language.script])


@pytest.mark.parametrize(
    ("written", "code", "name"),
    [
        ("guj_Gujr", "gu", "Gujarati"),
        ("guj", "gu", "Gujarati"),
        ("GU", "gu", "Gujarati"),
        ("gu-IN", "gu-IN", "Gujarati (India)"),
        ("zh-Hans", "zh-Hans", "Chinese (Simplified)"),
        ("zho_Hant", "zh-Hant", "Chinese (Traditional)"),
        ("cmn", "zh", "Chinese"),
        ("pes_Arab", "fa", "Persian"),
        ("arb_Arab", "ar", "Arabic"),
        ("eng", "en", "English"),
        ("eng_Latn", "en", "English"),
        ("iw", "he", "Hebrew"),
        ("nan", "nan", "Min Nan Chinese"),
        ("NaN", "nan", "Min Nan Chinese"),
        ("und", "und", "Undetermined"),
        ("cnr", "cnr", "Montenegrin"),
        ("cnr_Cyrl", "cnr-Cyrl", "Montenegrin (Cyrillic)"),
        ("hbs", "sh", "Serbo-Croatian"),
        ("be", "be", "Belarusian"),
        ("be-tarask", "be-tarask", "Belarusian (Taraskievica orthography)"),
        ("be-x-old", "be-tarask", "Belarusian (Taraskievica orthography)"),
        ("bod_Tibt", "bo-Tibt", "Tibetan"),
        ("ars_Arab", "ars-Arab", "Najdi Arabic"),
        ("acm_Arab", "acm-Arab", "Mesopotamian Arabic"),
        ("ace_Arab", "ace-Arab", "Acehnese (Arabic)"),
        ("aka_Latn", "ak-Latn", "Akan"),
        ("twi_Latn", "tw-Latn", "Twi"),
        ("io", "io", "Ido"),
        ("got", "got", "Gothic"),
        ("mwl", "mwl", "Mirandese"),
        ("hmn", "hmn", "Hmong"),
        ("grc", "grc", "Ancient Greek"),
        ("roa-rup", "rup", "Aromanian"),
        ("zh-yue", "yue", "Cantonese"),
        ("lua", "lua", "Luba-Lulua"),
        ("Lua", "Lua", "Lua"),
        ("Ada", "Ada", "Ada"),
        ("Go", "Go", "Go"),
    ],
)
def test_other_forms_of_codes(written: str, code: str, name: str) -> None:
    language = describe_language(written)
    assert (language.code, language.name) == (code, name)


@pytest.mark.parametrize(
    "code",
    [
        "en-de",
        "eng-kin",
        "deu-eng",
        "fr-ca",
        "en_de",
        "eng_kin",
        "eng-de",
        "DE-EN",
        "en-ar",
        "eng_Latn-fra_Latn",
    ],
)
def test_pair_of_languages_is_undetermined(code: str) -> None:
    assert is_pair(code)
    assert describe_language(code) == LANGUAGES["und"]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("pt-br", "pt-BR"),
        ("sv-se", "sv-SE"),
        ("zh-tw", "zh-TW"),
        ("ko-kr", "ko-KR"),
        ("en-us", "en-US"),
        ("zh-cn", "zh-CN"),
        ("hi_in", "hi-IN"),
        ("de-de", "de-DE"),
        ("en-DE", "en-DE"),
        ("fr_CA", "fr-CA"),
        ("ar-eg", "ar-EG"),
    ],
)
def test_locale_is_no_pair(written: str, code: str) -> None:
    assert not is_pair(written)
    assert describe_language(written).code == code


def test_no_name_or_own_name_says_the_script_twice() -> None:
    for code in FLORES:
        language = describe_language(code)
        for name in (language.name, language.native_name):
            word, _, script = name.partition(" (")
            assert script.removesuffix(")") not in word.split(), (code, name)
        assert language.native_name != "Akan (Laatin)"


def test_languages_of_flores_are_rows_of_their_own() -> None:
    assert len(FLORES) == 204
    assert len({entry_of(code) for code in FLORES}) == 204
    assert len(set(shown_codes(FLORES).values())) == 204


def test_direction_of_languages_beyond_the_samples() -> None:
    directions = {code: describe_language(code).direction for code in ("he", "dv", "uk", "ur-IN")}
    assert directions == {"he": "rtl", "dv": "rtl", "uk": "ltr", "ur-IN": "rtl"}


@pytest.mark.parametrize(
    "code", ["x-klingon", "foo", "klingon", "english", "", " ", "en us", "a" * 999, "\u202e", "-"]
)
def test_unknown_language_is_kept(code: str) -> None:
    language = describe_language(code)
    assert (language.code, language.name, language.direction) == (code, code, "auto")


@given(code=st.text() | st.from_regex(r"[a-zA-Z]{2,3}([-_][a-zA-Z0-9]{2,4}){0,2}", fullmatch=True))
def test_every_code_is_understood_or_kept(code: str) -> None:
    language = describe_language(code)
    assert describe_language(language.code) == language
