"""The main job, played against the program: make a demo, register and report over the interface, stop, import, verify."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

BIN = os.environ["KEBEN_BIN"]
ROOT = pathlib.Path(__file__).resolve().parent.parent


def call(base, method, path, token=None, body=None):
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = "Bearer " + token
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(base + "/api/v1" + path, method=method, data=data, headers=headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"null")


def expect(what, found, wanted):
    if found != wanted:
        sys.exit(f"{what}: expected {wanted!r}, found {found!r}")
    print("ok:", what)


with tempfile.TemporaryDirectory() as data, tempfile.TemporaryDirectory() as heads:
    places = ["--data", data + "/store", "--heads", heads]
    server = subprocess.Popen(
        [BIN, "demo", "--people", "300", "--listen", "127.0.0.1:0", *places], stdout=subprocess.PIPE, text=True
    )
    try:
        line = server.stdout.readline()
        base = line.split()[-1]
        _, logins = call(base, "GET", "/demo/logins")
        token = {(i["role"], i["area_code"]): i["token"] for i in logins["items"]}
        clerk = token["clerk", "03445"]
        person = {
            "area_code": "03445", "cluster": "Bản Giẳng", "kind": "case", "detected_on": "2022-03-15",
            "person": {"full_name": "Lý Thị Hảo", "birth_date": "1980", "phone": "0912 345 678"},
            "household": {"address": "nhà 900"},
        }
        status, made = call(base, "POST", "/episodes", clerk, person)
        expect("a case is registered", (status, made["gaps"]), (201, []))
        expect("first contact is due six hours later", made["first_contact_due_at"], "2022-03-16T13:30:00+07:00")
        status, twice = call(base, "POST", "/episodes", clerk, person)
        expect("the same person again is a likely double", (status, twice["code"]), (409, "possible_duplicate"))
        other = token["clerk", "26020"]
        expect("another ward's clerk finds nobody", call(base, "GET", "/episodes/" + made["id"], other)[0], 404)
        expect("nobody without a token", call(base, "GET", "/episodes")[0], 401)
        _, reports = call(base, "GET", "/reports?area_code=03445&on=2022-03-16", clerk)
        report = reports["items"][0]
        path = f"/reports/{report['id']}"
        expect("confirmed", call(base, "POST", path + "/confirm", token["station_leader", "03445"], {})[0], 201)
        signed = call(base, "POST", path + "/submit", token["commune_leader", "03445"], {"narrative": "Ổn định"})
        expect("signed", (signed[0], signed[1]["on_time"]), (201, True))
        expect("the clock moves", call(base, "POST", "/demo/clock", None, {"to": "2022-03-16T12:00:00+07:00"})[0], 200)
        _, locked = call(base, "GET", "/reports?area_code=03445&on=2022-03-16", clerk)
        frozen = locked["items"][0]
        expect("locked at noon", frozen["state"], "locked")
        figures = frozen["frozen_figures"]
        expect("the locked figures are the live ones", figures, frozen["figures"])
        flows = figures["f0_start"] + figures["f0_new"] + figures["f0_in"] - figures["f0_recovered"]
        flows += figures["f0_adjusted"] - figures["f0_out"] - figures["f0_died"]
        expect("the day balances", figures["f0_end"], flows)
        expect("the clock never goes back", call(base, "POST", "/demo/clock", None, {"to": "2022-03-16T11:00:00+07:00"})[0], 409)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)

    sample = ROOT / "crates/exchange/tests/samples/danh-sach-muong-te.csv"
    key = json.loads(pathlib.Path(str(sample) + ".key.json").read_text(encoding="utf-8"))
    copy = pathlib.Path(data) / sample.name
    copy.write_bytes(sample.read_bytes())
    for round_, created in (("first", len(key["people"])), ("second", 0)):
        out = subprocess.run(
            [BIN, "import", "episodes", str(copy), "--area", "03445", "--json", *places],
            stdout=subprocess.PIPE, text=True, check=True,
        )
        result = json.loads(out.stdout)
        found = (result["people"], result["households"], result["created"])
        expect(f"the list, {round_} time", found, (len(key["people"]), key["households"], created))
        refused = [(row["number"], row["code"]) for row in result["refused"]]
        expect("rows handed back", refused, [(str(row["row"]), row["why"]) for row in key["refuse"]])
    out = subprocess.run([BIN, "verify", "--json", *places], stdout=subprocess.PIPE, text=True, check=True)
    report = json.loads(out.stdout)
    expect("the store verifies and is anchored", (report["ok"], report["anchored"]), (True, True))
