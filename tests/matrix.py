"""Who gets what at which address, after "Who may" of the architecture: people, what lies on the table, and the grid.

The back office is not written down here: its rows follow from registry and table of rights (`test_roles_matrix.py`).
"""

import datetime
from enum import StrEnum
from typing import NamedTuple

from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kepol.accounts.choices import Role
from kepol.accounts.models import User
from kepol.council.choices import Publicity
from kepol.lib.versions import seen_token
from tests.factories import (
    AttachmentFactory,
    MembershipFactory,
    PersonFactory,
    SubmissionFactory,
    UnitFactory,
    UserFactory,
)
from tests.factories.concept import EvaluationFactory, MilestoneEvidenceFactory, MilestoneFactory, WorkshopFactory
from tests.factories.funding import ReportDutyFactory
from tests.factories.partnerships import AgreementFactory, InKindTransferFactory, InvolvementFactory, PartnershipFactory

MISSING = 999_999
PDF = b"%PDF-1.7\n"


class Who(StrEnum):
    """The people of the grid, in the order of its columns."""

    NOBODY = "nobody"
    OWN = "own"  # Fachbereich of the unit that leads or answers
    INVOLVED = "involved"
    FOREIGN = "foreign"
    FORMER = "former"  # left the unit yesterday
    READING = "reading"
    LEADING = "leading"
    COORDINATING = "coordinating"
    TECHNICAL = "technical"
    SUPERUSER = "superuser"
    ENDED = "ended"  # switched off while signed in


ROLES = {
    Who.OWN: Role.FACHBEREICH,
    Who.INVOLVED: Role.FACHBEREICH,
    Who.FOREIGN: Role.FACHBEREICH,
    Who.FORMER: Role.FACHBEREICH,
    Who.READING: Role.LESEZUGRIFF,
    Who.LEADING: Role.LEITUNG,
    Who.COORDINATING: Role.KOORDINATION,
    Who.TECHNICAL: Role.TECHNIK,
    Who.ENDED: Role.KOORDINATION,
}


class Stage(NamedTuple):
    """Everybody's account and unit, and the objects of the grid by the word that stands for them there."""

    users: dict[Who, User]
    units: dict[Who, object]
    objects: dict[str, object]

    def client(self, who, **options):
        """The browser of `who`, signed in; an ended account was switched off after that."""
        client = Client(**options)
        if who == Who.NOBODY:
            return client
        user = self.users[who]
        User.objects.filter(pk=user.pk).update(is_active=True)
        client.force_login(user)
        User.objects.filter(pk=user.pk).update(is_active=who != Who.ENDED)
        return client


def stage():
    """People of three units and what belongs to the first two: everything but "foreign" concerns own or involved."""
    units = {who: UnitFactory() for who in (Who.OWN, Who.INVOLVED, Who.FOREIGN)}
    users = {who: _account(who) for who in Who if who != Who.NOBODY}
    for who, unit in units.items():
        MembershipFactory(person=PersonFactory(user=users[who]), organisation=unit)
    yesterday = timezone.localdate() - datetime.timedelta(days=1)
    left = PersonFactory(user=users[Who.FORMER])
    MembershipFactory(person=left, organisation=units[Who.OWN], valid_to=yesterday)
    return Stage(users, units, _objects(units[Who.OWN], units[Who.INVOLVED]))


def _account(who):
    role = ROLES.get(who)
    return UserFactory(email=f"{who}@stadt.example", roles=[role] if role else [], is_superuser=who == Who.SUPERUSER)


def _objects(own, involved):
    # What carries one number in all tables would hide a rule that looks into the wrong one.
    AttachmentFactory.create_batch(7)
    named = {"lead": own, "involved": [involved]}
    papers = {
        "draft": SubmissionFactory(**named),
        "public": SubmissionFactory(from_council=True, **named),
        "closed": SubmissionFactory(from_council=True, publicity=Publicity.NON_PUBLIC, **named),
    }
    partnership = PartnershipFactory(unit=own)
    InvolvementFactory(partnership=partnership, organisation=involved)
    milestone = MilestoneFactory(responsible=own, involved=[involved])
    return {
        **papers,
        "open-file": _attachment("open-file", papers["public"]),
        "closed-file": _attachment("closed-file", papers["public"], is_public=False),
        "draft-file": _attachment("draft-file", papers["draft"]),
        "agreement": AgreementFactory(partnership=partnership, file=_file("agreement")),
        "transfer": InKindTransferFactory(partnership=partnership, evidence=_file("transfer")),
        "duty": ReportDutyFactory(grant__unit=own, file=_file("duty")),
        "workshop": WorkshopFactory(organiser=own, participants=[involved], file=_file("workshop")),
        "evaluation": EvaluationFactory(unit=own, file=_file("evaluation")),
        "milestone": milestone,
        "evidence": MilestoneEvidenceFactory(milestone=milestone, file=_file("evidence")),
    }


def _attachment(thing, paper, **values):
    return AttachmentFactory(submission=paper, file=_file(thing), **values)


def _file(thing):
    return ContentFile(PDF + thing.encode(), name="Geheim.pdf")


#: Key of each rule for files → the objects of the grid that carry such a file.
FILES = {
    "anlage": ("open-file", "closed-file", "draft-file"),
    "vereinbarung": ("agreement",),
    "uebergabe": ("transfer",),
    "nachweis": ("duty",),
    "workshop": ("workshop",),
    "evaluation": ("evaluation",),
    "meilenstein-nachweis": ("evidence",),
}


#: Arguments that name no object: the link of an invitation nobody was sent.
NO_OBJECT = {"invitation": ["MQ", "abc-def"]}


def forms(on_stage):
    """What somebody who may would post, by address; nothing where it is not said."""
    seen = seen_token(on_stage.objects["milestone"])
    return {
        "concept:milestone_answer": {"status": "in_progress", "text": "Es geht voran.", "seen": seen},
        "concept:milestone_comment": {"text": "Eine Bemerkung."},
        "concept:milestone_evidence": {"title": "Protokoll", "file": _file("upload")},
    }


class Line(NamedTuple):
    """One line: what each person is answered who asks `address` of `thing` ("-": of nothing) with `method`."""

    address: str
    thing: str
    method: str
    answers: dict[Who, str]

    def path(self, on_stage, pk=None):
        """The address with the key of its object, or with `pk`."""
        if self.thing == "-":
            return reverse(self.address, args=NO_OBJECT.get(self.address, []))
        arguments = [key for key, things in FILES.items() if self.thing in things]
        return reverse(self.address, args=[*arguments, pk or on_stage.objects[self.thing].pk])


def lines():
    """The grid, read."""
    for row in GRID.strip().splitlines():
        address, thing, method, *answers = row.split()
        yield Line(address, thing, method, dict(zip(Who, answers, strict=True)))


METHODS = {
    "GET": ("GET",),
    "POST": ("POST",),
    "ELSE": ("PATCH", "DELETE"),
    "CHANGE": ("POST", "PUT", "PATCH", "DELETE"),
}
#: What a word of the grid means: a status, or the page somebody is led to.
ANSWERS = {"ok": 200, "403": 403, "404": 404, "405": 405}
LEADS = {
    "login": "/anmelden/?next={}",
    "gate": "/verwaltung/login/?next={}",  # on to the login, or to the page that says: no work for you in here
    "entry": "/anmelden/",
    "code": "/anmelden/code/",
    "start": "/",
    "mine": "/meilensteine/",
    "paper": "/vorlagen/",
    "desk": "/verwaltung/",
    "out": "/abmelden/",
    "renew": "/passwort/aendern/",
    "prove": "/anmelden/bestaetigen/?next={}",  # the password again, before the way into the account changes
    "page": "{1}",  # the page of the milestone it is about
}
#: Words that let nobody at anything; such a request changes no row.
REFUSALS = {"login", "gate", "403", "404", "405"}

#: One line per address, object and kind of method; the columns are the people in their order.
#: address                        object      method nobod own   invol forei forme readi leadi coord techn super ended
GRID = """
start                            -           GET    login mine  mine  mine  mine  paper paper desk  desk  desk  login
start                            -           CHANGE login 405   405   405   405   405   405   405   405   405   login
account_login                    -           GET    ok    start start start start start start start start start ok
account_login                    -           POST   ok    start start start start start start start start start ok
account_login                    -           ELSE   405   start start start start start start start start start 405
account_logout                   -           GET    entry ok    ok    ok    ok    ok    ok    ok    ok    ok    entry
account_logout                   -           POST   entry entry entry entry entry entry entry entry entry entry entry
account_logout                   -           ELSE   405   405   405   405   405   405   405   405   405   405   405
account_request_login_code       -           GET    ok    start start start start start start start start start ok
account_request_login_code       -           POST   ok    start start start start start start start start start ok
account_request_login_code       -           ELSE   405   start start start start start start start start start 405
account_confirm_login_code       -           GET    code  start start start start start start start start start code
account_confirm_login_code       -           CHANGE code  start start start start start start start start start code
mfa_authenticate                 -           GET    entry start start start start start start start start start entry
mfa_authenticate                 -           CHANGE entry start start start start start start start start start entry
single_sign_on                   -           GET    404   404   404   404   404   404   404   404   404   404   404
single_sign_on                   -           CHANGE 405   405   405   405   405   405   405   405   405   405   405
single_sign_on_callback          -           GET    404   404   404   404   404   404   404   404   404   404   404
single_sign_on_callback          -           CHANGE 405   405   405   405   405   405   405   405   405   405   405
invitation                       -           GET    404   404   404   404   404   404   404   404   404   404   404
invitation                       -           POST   404   404   404   404   404   404   404   404   404   404   404
invitation                       -           ELSE   405   405   405   405   405   405   405   405   405   405   405
account_reauthenticate           -           GET    login ok    ok    ok    ok    ok    ok    ok    ok    ok    login
account_reauthenticate           -           POST   login ok    ok    ok    ok    ok    ok    ok    ok    ok    login
account_reauthenticate           -           ELSE   login 405   405   405   405   405   405   405   405   405   login
account_change_password          -           GET    login ok    ok    ok    ok    ok    ok    ok    ok    ok    login
account_change_password          -           POST   login ok    ok    ok    ok    ok    ok    ok    ok    ok    login
account_change_password          -           ELSE   login 405   405   405   405   405   405   405   405   405   login
account_set_password             -           GET    login renew renew renew renew renew renew renew renew renew login
account_set_password             -           CHANGE login renew renew renew renew renew renew renew renew renew login
mfa_index                        -           GET    login ok    ok    ok    ok    ok    ok    ok    ok    ok    login
mfa_index                        -           CHANGE login 405   405   405   405   405   405   405   405   405   login
mfa_activate_totp                -           GET    login prove prove prove prove prove prove prove prove prove login
mfa_activate_totp                -           CHANGE login prove prove prove prove prove prove prove prove prove login
mfa_deactivate_totp              -           GET    login prove prove prove prove prove prove prove prove prove login
mfa_deactivate_totp              -           CHANGE login prove prove prove prove prove prove prove prove prove login
mfa_view_recovery_codes          -           GET    login prove prove prove prove prove prove prove prove prove login
mfa_view_recovery_codes          -           CHANGE login prove prove prove prove prove prove prove prove prove login
mfa_generate_recovery_codes      -           GET    login prove prove prove prove prove prove prove prove prove login
mfa_generate_recovery_codes      -           CHANGE login prove prove prove prove prove prove prove prove prove login
council:submission_list          -           GET    login ok    ok    ok    ok    ok    ok    ok    ok    ok    login
council:submission_list          -           CHANGE login 405   405   405   405   405   405   405   405   405   login
council:submission_detail        draft       GET    login 404   404   404   404   404   ok    ok    404   ok    login
council:submission_detail        draft       CHANGE login 405   405   405   405   405   405   405   405   405   login
council:submission_detail        public      GET    login ok    ok    ok    ok    ok    ok    ok    404   ok    login
council:submission_detail        public      CHANGE login 405   405   405   405   405   405   405   405   405   login
council:submission_detail        closed      GET    login ok    ok    404   404   404   ok    ok    404   ok    login
council:submission_detail        closed      CHANGE login 405   405   405   405   405   405   405   405   405   login
council:submission_pdf           draft       GET    login 404   404   404   404   404   ok    ok    404   ok    login
council:submission_pdf           draft       CHANGE login 405   405   405   405   405   405   405   405   405   login
council:submission_pdf           public      GET    login ok    ok    ok    ok    ok    ok    ok    404   ok    login
council:submission_pdf           public      CHANGE login 405   405   405   405   405   405   405   405   405   login
council:submission_pdf           closed      GET    login ok    ok    404   404   404   ok    ok    404   ok    login
council:submission_pdf           closed      CHANGE login 405   405   405   405   405   405   405   405   405   login
concept:milestone_own            -           GET    login ok    ok    ok    ok    ok    ok    ok    ok    ok    login
concept:milestone_own            -           CHANGE login 405   405   405   405   405   405   405   405   405   login
concept:milestone_list           -           GET    login ok    ok    ok    ok    ok    ok    ok    ok    ok    login
concept:milestone_list           -           CHANGE login 405   405   405   405   405   405   405   405   405   login
concept:milestone_detail         milestone   GET    login ok    ok    404   404   ok    ok    ok    404   ok    login
concept:milestone_detail         milestone   CHANGE login 405   405   405   405   405   405   405   405   405   login
concept:milestone_answer         milestone   GET    login ok    403   404   404   403   403   ok    404   ok    login
concept:milestone_answer         milestone   POST   login page  403   404   404   403   403   page  404   page  login
concept:milestone_answer         milestone   ELSE   login 405   405   405   405   405   405   405   405   405   login
concept:milestone_comment        milestone   GET    login 405   405   405   405   405   405   405   405   405   login
concept:milestone_comment        milestone   POST   login page  page  404   404   403   403   page  404   page  login
concept:milestone_comment        milestone   ELSE   login 405   405   405   405   405   405   405   405   405   login
concept:milestone_evidence       milestone   GET    login 405   405   405   405   405   405   405   405   405   login
concept:milestone_evidence       milestone   POST   login page  403   404   404   403   403   page  404   page  login
concept:milestone_evidence       milestone   ELSE   login 405   405   405   405   405   405   405   405   405   login
files:serve                      open-file   GET    login ok    ok    ok    ok    ok    ok    ok    404   ok    login
files:serve                      open-file   CHANGE login 405   405   405   405   405   405   405   405   405   login
files:serve                      closed-file GET    login ok    ok    404   404   404   ok    ok    404   ok    login
files:serve                      closed-file CHANGE login 405   405   405   405   405   405   405   405   405   login
files:serve                      draft-file  GET    login 404   404   404   404   404   ok    ok    404   ok    login
files:serve                      draft-file  CHANGE login 405   405   405   405   405   405   405   405   405   login
files:serve                      agreement   GET    login ok    ok    404   404   ok    ok    ok    404   ok    login
files:serve                      agreement   CHANGE login 405   405   405   405   405   405   405   405   405   login
files:serve                      transfer    GET    login ok    ok    404   404   ok    ok    ok    404   ok    login
files:serve                      transfer    CHANGE login 405   405   405   405   405   405   405   405   405   login
files:serve                      duty        GET    login ok    404   404   404   ok    ok    ok    404   ok    login
files:serve                      duty        CHANGE login 405   405   405   405   405   405   405   405   405   login
files:serve                      workshop    GET    login ok    ok    404   404   ok    ok    ok    404   ok    login
files:serve                      workshop    CHANGE login 405   405   405   405   405   405   405   405   405   login
files:serve                      evaluation  GET    login ok    404   404   404   ok    ok    ok    404   ok    login
files:serve                      evaluation  CHANGE login 405   405   405   405   405   405   405   405   405   login
files:serve                      evidence    GET    login ok    ok    404   404   ok    ok    ok    404   ok    login
files:serve                      evidence    CHANGE login 405   405   405   405   405   405   405   405   405   login
period_reading                   -           GET    login ok    ok    ok    ok    ok    ok    ok    ok    ok    login
period_reading                   -           CHANGE login 405   405   405   405   405   405   405   405   405   login
health                           -           GET    ok    ok    ok    ok    ok    ok    ok    ok    ok    ok    ok
health                           -           CHANGE 405   405   405   405   405   405   405   405   405   405   405
admin:index                      -           GET    gate  gate  gate  gate  gate  gate  gate  ok    ok    ok    gate
admin:index                      -           CHANGE gate  gate  gate  gate  gate  gate  gate  ok    ok    ok    gate
admin:login                      -           GET    login 403   403   403   403   403   403   desk  desk  desk  login
admin:login                      -           CHANGE login 403   403   403   403   403   403   desk  desk  desk  login
admin:logout                     -           GET    gate  desk  desk  desk  desk  desk  desk  out   out   out   gate
admin:logout                     -           CHANGE gate  desk  desk  desk  desk  desk  desk  out   out   out   gate
admin:password_change            -           GET    gate  gate  gate  gate  gate  gate  gate  renew renew renew gate
admin:password_change            -           CHANGE gate  gate  gate  gate  gate  gate  gate  renew renew renew gate
admin:password_change_done       -           GET    gate  gate  gate  gate  gate  gate  gate  ok    ok    ok    gate
admin:password_change_done       -           CHANGE gate  gate  gate  gate  gate  gate  gate  405   405   405   gate
admin:autocomplete               -           GET    gate  gate  gate  gate  gate  gate  gate  403   403   403   gate
admin:autocomplete               -           CHANGE gate  gate  gate  gate  gate  gate  gate  405   405   405   gate
admin:jsi18n                     -           GET    gate  gate  gate  gate  gate  gate  gate  ok    ok    ok    gate
admin:jsi18n                     -           CHANGE gate  gate  gate  gate  gate  gate  gate  405   405   405   gate
admin:council_submission_import  -           GET    login gate  gate  gate  gate  gate  gate  ok    403   ok    login
admin:council_submission_import  -           CHANGE login gate  gate  gate  gate  gate  gate  ok    403   ok    login
admin:stakeholders_person_invite -           GET    login gate  gate  gate  gate  gate  gate  ok    ok    ok    login
admin:stakeholders_person_invite -           CHANGE login gate  gate  gate  gate  gate  gate  ok    ok    ok    login
"""
