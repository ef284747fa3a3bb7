"""The second verifier's record, lived through again: SPEC.md section 12.15."""

from __future__ import annotations

from typing import Any

from tests.spec.second import need
from tests.spec.second_covenant import Clock, Rules, flattened, parameters
from tests.spec.second_life import Case, Money, parts_of

STATUS = ("paid", "partial", "capped", "exempt", "lapsed", "exited", "waiting")


class Reliving:
    """The part of a record that comes after everything is proven; what it needs was set by the other part."""

    before: Any
    mine: list[dict[str, Any]]
    back: list[dict[str, Any]]
    events: list[dict[str, Any]]
    named: list[dict[str, Any]]
    versions: list[dict[str, Any]]
    cases: dict[bytes, Case]
    refused: dict[bytes, list[Case]]
    closing: dict[str, Any] | None
    me: dict[str, Any]
    plan: Any
    last: Any
    keys: Any
    chain: bytes
    origin: str
    size: int
    root: bytes

    def in_force(self, time: int) -> dict[str, Any]:
        found = [version for version in self.versions if version["since"] <= time]
        return found[-1] if found else self.versions[0]

    def live(self) -> dict[str, Any]:
        need(self.me["deposit"] >= self.in_force(self.me["time"])["rules"]["membership"]["prepay"], 176)
        self.check_refunds()
        self.check_carried()
        joined = Clock(self.in_force(self.me["time"])["rules"]).day_of(self.me["time"])
        versions = [(version["height"], version["since"], version["rules"]) for version in self.versions]
        self.money = Money(self.me["deposit"], joined, versions)
        self.todo = sorted([*self.events, *self.back], key=lambda item: item["position"])
        self.lived = self.entered = self.paid = 0
        self.erased: set[bytes] = set()
        shared = {case for case, _ in self.before["terms"]["cases"]} if self.before else set()
        counted, rounds = 0, []
        for item in self.mine:
            terms, row, rules = item["terms"], item["row"], item["version"]["rules"]
            names = {case for case, _ in terms["cases"]}
            need(not shared & names, 176)
            shared |= names
            self.until(0, height=terms["height"])
            lived = sum("kind" in done for done in self.todo[: self.lived])
            need(row["events"] <= lived - counted, 171)
            need(row["events"] == lived - counted, 176)
            counted = lived
            self.live_round(item, terms, (row["status"], row["amount"]), rules)
            rounds.append(self.round_said(item))
        self.until(0)
        self.enter(2**63)
        return self.said(rounds)

    def live_round(self, item: dict[str, Any], terms: dict[str, Any], row: tuple[int, int], rules: Rules) -> None:
        money, mandate = self.money, rules["sharing"]["funding"] == "mandate"
        states = [money.row(rules, terms["share"], terms["time"], exempt) for exempt in (False, True)]
        ends = money.ends(rules, terms["time"], states[0])
        due = 0 if mandate else row[1]
        self.until(due, height=item["announced"] - 1)
        self.enter(item["announced"])
        hers = [(self.cases[case], aid) for case, aid in terms["cases"] if case in self.cases]
        for case, aid in hers:
            need(case.state == "approved", 171)
            need(case.aid == aid, 176)
            case.round = terms["number"]
        wanted = states[bool(hers) and not rules["sharing"]["recipient_shares"]]
        right = row == wanted or (mandate and wanted[1] > 0 and row == (1, 0))
        need(right or row[0] != 3, 171)
        need(right, 176)
        money.ended |= ends
        self.until(due, position=item["position"])
        self.paid += row[1]
        money.charge(rules, terms["time"], wanted[1], row, item["at"], item["time"])
        self.enter(item["at"])
        for case, _ in hers:
            case.settled = True

    def check_refunds(self) -> None:
        done: set[tuple[bytes, int]] = set()
        taken: dict[int, int] = {}
        for item in self.back:
            case, number, numerator, denominator = item["terms"]
            need((case, number) not in done, 176)
            done.add((case, number))
            mine = [one for one in self.mine if one["terms"]["number"] == number]
            need(mine or item["sheet"].rows <= self.me["slot"], 176)
            for one in mine:
                need(item["position"] > one["position"] and item["sheet"].rows == one["sheet"].rows, 176)
                need((numerator, denominator) == self.refunded(item, one, taken.get(number, 0)), 176)
                need(self.may_come_back(item, one["row"]["amount"] * numerator // denominator), 176)
            taken[number] = taken.get(number, 0) + numerator

    def may_come_back(self, item: dict[str, Any], amount: int) -> bool:
        """Her row of a refund: the part of her charge, and nothing once she got all her shares back."""
        given = [one["height"] for one in self.named if one["kind"] == "restitution"]
        return bool(item["amount"] == (0 if given and item["height"] >= min(given) else amount))

    def refunded(self, item: dict[str, Any], one: dict[str, Any], taken: int) -> tuple[int, int]:
        case, terms = item["terms"][0], one["terms"]
        if case in [name for name, _ in terms["cases"]]:
            return parts_of(one["version"]["rules"], terms, case)
        need(self.closing is not None, 171)
        assert self.closing is not None
        need(case == self.closing["entry"] and item["height"] > self.closing["height"], 176)
        return terms["aid"] + terms["fee"] - taken, max(terms["aid"] + terms["fee"], 1)

    def check_carried(self) -> None:
        last = self.before
        for item in self.mine:
            left, told = 0, item["terms"]["restituted"]
            since = last["announced"] if last is not None else -1
            acts = [one for one in self.named if since < one["height"] <= item["announced"]]
            need(told >= sum(one["body"]["amount"] for one in acts if one["kind"] == "restitution"), 176)
            known = [one["rules"]["aid"] for one in self.versions if one["height"] <= item["announced"]]
            need(not told or any(rules["ill_in_waiting"] == "refund_and_end" for rules in known), 176)
            if last is not None:
                left = last["surplus_out"] - last["deficit_out"] - told
                back = [one for one in self.back if last["announced"] <= one["height"] < item["announced"]]
                left -= sum(one["sheet"].totals[1] for one in back)
            need((item["terms"]["surplus"], item["terms"]["deficit"]) == (max(left, 0), max(-left, 0)), 176)
            last = item

    def enter(self, height: int) -> None:
        """Her entries up to a height."""
        while self.entered < len(self.named) and self.named[self.entered]["height"] <= height:
            item = self.named[self.entered]
            self.entered += 1
            kind, body = item["kind"], item["body"]
            if kind == "case":
                self.cases[item["digest"]].state = "approved"
            elif kind == "erasure":
                self.erase(body["case"])
            elif kind == "sanction":
                need(not body["case"] or (body["case"] in self.cases and self.cases[body["case"]].state == "void"), 176)
            elif kind == "appeal":
                for case in self.refused.get(body["against"], []):
                    case.state = case.before if case.state == "refused" and not case.given_back else case.state
            elif body.get("case") in self.cases:
                case = self.cases[body["case"]]
                case.step(kind, body)
                for other in self.cases.values():
                    other.given_back = other.given_back or kind == "restitution"
                if kind == "refusal":
                    self.refused.setdefault(item["digest"], []).append(case)

    def erase(self, name: bytes) -> None:
        """All of hers, or the facts of a case of hers that she requested; decided, and once."""
        asked = {item["digest"] for item in self.named if item["kind"] == "request"}
        need(not name or (name in self.cases and name in asked), 176)
        need(not {b"", name} & self.erased, 176)
        about = [self.cases[name]] if name else self.cases.values()
        need(all(case.state not in ("requested", "disclosed") for case in about), 176)
        self.erased.add(name)

    def until(self, due: int, height: int = 2**63, position: int = 2**63) -> None:
        """Events and refunds up to a height or a position."""
        money = self.money
        while self.lived < len(self.todo):
            event = self.todo[self.lived]
            if event["height"] > height or event["position"] > position:
                return
            self.lived += 1
            if "kind" not in event:
                money.balance += event["amount"]
                self.paid -= event["amount"]
                continue
            row, time = event["row"], event["time_ms"]
            if event["kind"] == "withdrawal":
                money.withdraw(row["amount"], due)
            elif event["kind"] == "credit":
                money.credit(event["seq"], row["amount"], row["reason"], time)
            elif event["kind"] == "correction":
                money.correct(row["amount"], row["corrects"], due, time)
            elif event["kind"] == "exit":
                money.exit(time)
            elif event["said"]["about"] == "restitution":
                need(event["said"]["amount"] == self.paid, 176)
                money.balance += event["said"]["amount"]
                money.ended = True

    def round_said(self, item: dict[str, Any]) -> dict[str, Any]:
        terms, row = item["terms"], item["row"]
        said = {"number": terms["number"], "height": item["at"], "time_ms": item["time"], "amount": row["amount"]}
        said |= {"snapshot_time_ms": terms["time"], "status": STATUS[row["status"]], "events": row["events"]}
        said |= {"surplus_in": terms["surplus"], "cases": len(terms["cases"]), "covenant_version": terms["version"]}
        said |= {name: terms[name] for name in ("share", "headcount", "aid", "fee", "divisor", "top_up", "restituted")}
        said |= {"announced_time_ms": item["announced_at"]}
        return said | {name: item[name] for name in ("surplus_out", "shortfall")}

    def said(self, rounds: list[dict[str, Any]]) -> dict[str, Any]:
        me, money, now = self.me, self.money, self.last.time
        rules = self.in_force(now)["rules"]
        keys = [key for key, _, _ in self.keys.keys]
        said = {"origin": self.origin, "size": self.size, "root": self.root, "chain": self.chain}
        said |= {"plan": self.plan.plan, "slots": self.plan.slots, "slot": me["slot"], "public_key": keys[-1]}
        said |= {name: rules[name] for name in ("title", "currency", "decimals")}
        said |= {name: me[name] for name in ("commitment", "deposit", "since_day")}
        said |= {"joined_height": me["height"], "joined_time_ms": me["time"], "keys": keys}
        said |= {"rounds": rounds, "events": [event["said"] for event in self.events]}
        said |= {"refunds": [self.refund_said(item) for item in self.back if item["amount"]]}
        said |= {"own_cases": [self.case_said(name, case) for name, case in self.cases.items()]}
        said |= {"covenants": [self.version_said(at) for at in range(len(self.versions))]}
        said |= {"closing_time_ms": self.closing["time"] if self.closing else 0}
        said |= {"ended_time_ms": self.closing["ended"] if self.closing else 0}
        paid, back = (sum(item["amount"] for item in items) for items in (rounds, self.back))
        said |= {"shared": paid, "refunded": back, "balance": money.balance, "arrears": money.owed}
        said |= {"exited": money.out(now), "covered": money.row(rules, 0, now, False) == (0, 0)}
        return said | {"as_of_ms": now, "head_height": self.last.height}

    def refund_said(self, item: dict[str, Any]) -> dict[str, Any]:
        case, number, _, _ = item["terms"]
        place = {"number": item["sheet"].number, "height": item["height"], "time_ms": item["time"]}
        return {**place, "round": number, "case": case, "amount": item["amount"]}

    def case_said(self, name: bytes, case: Case) -> dict[str, Any]:
        said = {"case": name, "opened_time_ms": case.opened, "requested": case.asked, "aid": case.aid}
        return {
            **said,
            "state": case.state,
            "clause": case.clause,
            "round": case.round,
            "paid": case.paid + case.advanced,
        }

    def version_said(self, at: int) -> dict[str, Any]:
        version = self.versions[at]
        said = {"version": version["number"], "hash": version["hash"], "time_ms": version["time"]}
        changed = []
        if at:
            flat = [flattened(one["rules"]) for one in (self.versions[at - 1], version)]
            changed = [name for name in parameters() if "[" not in name and flat[0][name] != flat[1][name]]
        return {**said, "effective_ms": version["since"], "changed": changed}
