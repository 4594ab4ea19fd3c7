"""Codes of languages that are ordinary words, suffixes of files, or spoken by too few to be listed.

A path may hold any word, and nearly every word of two or three letters is a code of ISO 639.
"""

from __future__ import annotations

WORDS = frozenset(
    """
    am an as be co he in is it me my no or so to ace ada alt amo arm ava ban bar bas ben bin bis bos
    bug bum cat cha chi cho cop cor cos dan dar den ext fan fat fit fur gag gay gun hat her hoc ice
    ile jam ken lad lag len lol lua mad mag man mar mas may men mic min mol mon mus nap new nod nor
    pam pan per pub pus rag raj rob rom ron rug rum run sag sat sid sin son sun src sus tag tan tem
    ton tum van vic war zap cv ie ii lg na nr os pi ps rm sm st ts arg asm bbc cps div geo mos oss
    pis que sas sms syl tig
    """.split()  # noqa: SIM905 - a list would have a line for each
)
"""Codes that name a language in a path only together with others, or in an unmistakable form."""

SUFFIXES = frozenset(
    """
    am as cr cs cu cy el gd gv hy in io ks ky la lo mk ml mo ms nb ny os pl ps rs sc sh so ss st sv
    ts tt ada als bas bin cat cop cps fan geo hoc lua mak man mas min mol nse orc pan sas sed tag
    yap
    """.split()  # noqa: SIM905 - a list would have a line for each
)
"""Codes that are also suffixes of files: of source code, or of binary files that are common."""

UNSPOKEN = frozenset(
    """
    acm acq ajp ang anp apc arc avk cbk gom got grc guw hmn hyw igl jbo kbp kmr kus lfn lzh mwl nov
    nrm olo pbt pfl pnt pwn quy rup sgs szy taq tay tok vro akk chu egy enm frm fro gez gmh goh hbo
    non orv osx ota phn pli sux syc uga xcl
    """.split()  # noqa: SIM905 - a list would have a line for each
)
"""Codes of three letters that paths have, though the Unicode CLDR counts no speakers."""

DATA_SETS = frozenset(
    """
    belebele c4 cc100 commonvoice culturax flores flores101 flores200 lang language lc locale
    madlad400 mc4 mgsm mmlu ntrex oscar paws pawsx sib200 tatoeba tydiqa udhr wiki wiki40b wikipedia
    xcopa xlsum xnli xquad xstorycloze
    """.split()  # noqa: SIM905 - a list would have a line for each
)
"""Names behind which a code is that of a language: "mgsm_hi", "udhr_hin", "c4-hi"."""
