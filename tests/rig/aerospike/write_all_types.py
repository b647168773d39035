"""Writes values of every type with Aerospike's own client, and prints what it wrote.

    write_all_types.py PORT

One line of JSON for each record: what the connector's `json` format must make of it, or the
result code with which the record must be refused. The client is an encoder that shares nothing
with the connector.
"""

import base64
import faulthandler
import json
import sys

import aerospike
from aerospike import exception
from aerospike_helpers import HyperLogLog

NAMESPACE = "test"
# Never let a test wait for ever.
faulthandler.dump_traceback_later(60, exit=True)


def text(data):
    return base64.b64encode(bytes(data)).decode()


def digest(set_name, key):
    return text(aerospike.calc_digest(NAMESPACE, set_name or "", key))


class Writer:
    def __init__(self, port):
        policy = {
            "total_timeout": 20000,
            "socket_timeout": 20000,
            "max_retries": 0,
        }
        self.client = aerospike.client(
            {"hosts": [("127.0.0.1", port)], "policies": {"write": policy, "remove": policy}}
        ).connect()

    def record(self, msg, set_name, key, stored_key):
        return {"msg": msg, "key": [NAMESPACE, set_name, digest(set_name, key), stored_key]}

    def write(self, set_name, key, bins, stored_key=None, exp=None, ttl=0, policy=None):
        """`bins` is a list of (name, value for the client, type and value in JSON)."""
        expected = self.record("write", set_name, key, stored_key)
        if exp is not None:
            expected["exp"] = exp
        expected["bins"] = [{"name": name, **wanted} for name, _, wanted in bins]
        values = {name: value for name, value, _ in bins}
        policy = {"key": aerospike.POLICY_KEY_SEND, "ttl": ttl, **(policy or {})}
        self.client.put((NAMESPACE, set_name, key), values, policy=policy)
        print(json.dumps({"published": expected}))

    def refuse(self, set_name, key, bins, code):
        try:
            self.client.put((NAMESPACE, set_name, key), bins)
        except exception.AerospikeError as error:
            if error.code != code:
                raise
        else:
            raise SystemExit(f"{bins} was taken, code {code} was expected")
        print(json.dumps({"refused": digest(set_name, key)}))

    def delete(self, set_name, key, stored_key, durable):
        expected = self.record("delete", set_name, key, stored_key)
        expected["durable"] = durable
        policy = {"key": aerospike.POLICY_KEY_SEND, "durable_delete": durable}
        self.client.remove((NAMESPACE, set_name, key), policy=policy)
        print(json.dumps({"published": expected}))


def value(kind, given, wanted=None, **more):
    return given, {"type": kind, "value": given if wanted is None else wanted, **more}


def bins(**values):
    return [(name, given, wanted) for name, (given, wanted) in values.items()]


def main():
    writer = Writer(int(sys.argv[1]))

    writer.write("scalars", "integers", bins(
        zero=value("int", 0), minus=value("int", -1),
        most=value("int", 2**63 - 1), least=value("int", -(2**63)),
    ), "integers")
    writer.write("scalars", "doubles", bins(
        half=value("float", -0.5), whole=value("float", 1.0), large=value("float", 1e300),
        small=value("float", 5e-324), nan=value("float", float("nan"), "NaN"),
        endless=value("float", float("-inf"), "-Infinity"),
    ), "doubles")
    writer.write("scalars", "texts", bins(
        plain=value("str", "abc"), empty=value("str", ""),
        wide=value("str", "h\u00e9llo \u2603 \U0001d11e"), odd=value("str", "\"quoted\" \\ \n \t \x01 /"),
    ), "texts")
    writer.write("scalars", "bytes", bins(
        blob=value("blob", b"\x00\x01\xfe\xff", text(b"\x00\x01\xfe\xff")),
        array=value("blob", bytearray(b"abc"), text(b"abc")),
        yes=value("bool", True), no=value("bool", False),
        sketch=value("hll", HyperLogLog(b"\x00\x04\x00" + b"\x01" * 20), text(b"\x00\x04\x00" + b"\x01" * 20)),
    ), "bytes")
    writer.write("scalars", "nothing", [
        ("gone", aerospike.null(), {"type": "null", "value": None}),
        ("kept", 7, {"type": "int", "value": 7}),
    ], "nothing")

    point = {"type": "Point", "coordinates": [-122.1, 37.4]}
    inside = ["", "x", 1.5, -7, 200, 70000, 2**40, True, None, [], {}, ["deep", [["deeper"]]]]
    writer.write("collections", "lists", bins(
        empty=value("list", [], ordered=False),
        mixed=value("list", inside, ordered=False),
        bytes=value("list", [b"\x00\xff"], [text(b"\x00\xff")], ordered=False),
        places=value("list", [aerospike.GeoJSON(point)], [point], ordered=False),
        long=value("list", list(range(-200, 1000, 7)), ordered=False),
    ), "lists")
    writer.write("collections", "maps", bins(
        empty=value("map", {}),
        names=value("map", {"i": 42, "f": 3.1415, "l": [3, 2], "m": {"n": None}}),
        numbers=value("map", {1: "one", -2: "minus two"}, {"1": "one", "-2": "minus two"}),
        sorted=value("map", aerospike.KeyOrderedDict({"b": 1, "a": [2]}), {"a": [2], "b": 1}, order="key"),
    ), "maps")
    writer.write("collections", "places", bins(
        here=value("geojson", aerospike.GeoJSON(point), point),
    ), "places")

    writer.write("keys", 77, bins(a=value("int", 1)), 77)
    writer.write("keys", bytearray(b"\x01\x02"), bins(a=value("int", 2)), text(b"\x01\x02"))
    writer.write("keys", "not stored", bins(a=value("int", 3)), None,
                 policy={"key": aerospike.POLICY_KEY_DIGEST})
    writer.write(None, "no set", bins(a=value("int", 4)), "no set")
    writer.write("keys", "for ever", bins(a=value("int", 5)), "for ever",
                 exp=0, ttl=aerospike.TTL_NEVER_EXPIRE)
    writer.write("keys", "whole", bins(a=value("int", 6)), "whole",
                 policy={"exists": aerospike.POLICY_EXISTS_CREATE_OR_REPLACE})
    writer.write("keys", "compressed", bins(long=value("str", "again and " * 500)), "compressed",
                 policy={"compress": True})

    writer.refuse("refused", "bytes as map key", {"m": {b"\x01": 1}}, 4)
    writer.delete("scalars", "integers", "integers", False)
    writer.delete("scalars", "doubles", "doubles", True)
    writer.client.close()


main()
