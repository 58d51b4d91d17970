/** The texts are those of dockerd 20.10. */
import { expect, test } from "bun:test";
import { planLog } from "./plan.ts";
import type { LogSubject } from "./subject.ts";
import { assertAddressFiles } from "./syslog.ts";

const subject: LogSubject = {
	id: "0123456789abcdef".repeat(4),
	name: "web",
	imageId: `sha256:${"a".repeat(64)}`,
	imageName: "busybox",
	entrypoint: "sh",
	args: ["-c", "x"],
	createdAt: "2026-01-01T00:00:00Z",
	labels: { "com.x": "lv", other: "o" },
	env: ["EV=ev", "X=1"],
};

/** `driver option=value …`, and the error. */
const refused: readonly [string, string][] = [
	["nosuch", "logger: no log driver named 'nosuch' is registered"],
	["json-file nosuch=1", "unknown log opt 'nosuch' for json-file log driver"],
	["json-file mode=foo", "logger: logging mode not supported: foo"],
	[
		"json-file max-buffer-size=1m",
		"logger: max-buffer-size option is only supported with 'mode=non-blocking'",
	],
	[
		"syslog mode=non-blocking max-buffer-size=abc",
		"error parsing option max-buffer-size: invalid size: 'abc'",
	],
	["json-file cache-disabled=foo", "invalid value for option cache-disabled: foo"],
	["json-file max-size=abc", "failed to initialize logging driver: invalid size: 'abc'"],
	["json-file max-size=0", "failed to initialize logging driver: max-size must be a positive number"],
	["json-file max-file=x", 'failed to initialize logging driver: strconv.Atoi: parsing "x": invalid syntax'],
	["json-file max-file=0", "failed to initialize logging driver: max-file cannot be less than 1"],
	[
		"json-file compress=true max-file=1",
		"failed to initialize logging driver: compress cannot be true when max-file is less than 2 or max-size is not set",
	],
	[
		"json-file tag={{.Nope}}",
		'failed to initialize logging driver: template: log-tag:1:2: executing "log-tag" at <.Nope>: can\'t evaluate field Nope in type *logger.Info',
	],
	["local tag=x", "unknown log opt 'tag' for log driver local"],
	[
		"local max-size=abc",
		"failed to initialize logging driver: invalid value for max-size: abc: invalid size: 'abc'",
	],
	[
		"local max-file=1",
		"failed to initialize logging driver: compression cannot be enabled when max file count is 1",
	],
	["syslog syslog-address=foo", "syslog-address should be in form proto://address, got foo"],
	["syslog syslog-address=udp://h syslog-facility=24", "invalid syslog facility"],
	["syslog syslog-address=udp://h syslog-format=foo", "Invalid syslog format"],
	["syslog syslog-address=udp://h max-size=1k", "unknown log opt 'max-size' for syslog log driver"],
	["gelf", "gelf-address is a required parameter"],
	["gelf gelf-address=udp://h", "gelf: please provide gelf-address as proto://host:port"],
	["gelf gelf-address=unix:///x", "gelf: endpoint needs to be TCP or UDP"],
	[
		"gelf gelf-address=udp://h:1 gelf-compression-level=10",
		'unknown value "10" for log opt "gelf-compression-level" for gelf log driver',
	],
	["gelf gelf-address=udp://h:1 gelf-tcp-max-reconnect=3", '"gelf-tcp-max-reconnect" is only valid for TCP'],
	["gelf gelf-address=tcp://h:1 gelf-compression-type=gzip", "compression is only supported on UDP"],
	[
		"gelf gelf-address=tcp://h:1 gelf-tcp-reconnect-delay=-1",
		'"gelf-tcp-reconnect-delay" must be a positive integer',
	],
	[
		"fluentd fluentd-address=foo:bar",
		'invalid fluentd-address foo:bar: strconv.Atoi: parsing "bar": invalid syntax',
	],
	["fluentd fluentd-async=foo", 'strconv.ParseBool: parsing "foo": invalid syntax'],
	["fluentd fluentd-max-retries=-1", 'strconv.ParseUint: parsing "-1": invalid syntax'],
	["fluentd fluentd-buffer-limit=foo", "invalid size: 'foo'"],
	["fluentd fluentd-retry-wait=foo", 'time: invalid duration "foo"'],
	["fluentd fluentd-request-ack=true", "log opt 'fluentd-request-ack=true' is not supported yet"],
];

function plan(words: string) {
	const [driver, ...options] = words.split(" ");
	const pairs = options.map((option) => option.split(/=(.*)/s).slice(0, 2) as [string, string]);
	return planLog({ Type: driver!, Config: Object.fromEntries(pairs) }, subject);
}

for (const [words, message] of refused)
	test(`refuses ${words}`, () => expect(() => plan(words)).toThrow(new Error(message)));

test("a server's log is kept for docker logs, unless that is turned off", () => {
	expect(
		plan("syslog syslog-address=udp://h tag={{.Name}}|{{.ID}}|{{.ImageName}} labels=com.x env=EV"),
	).toMatchObject({
		readable: true,
		attrs: { EV: "ev", "com.x": "lv" },
		file: { maxSizeBytes: 20_000_000, maxFiles: 5, compress: true, exact: true },
		blocking: false,
		destination: {
			address: { kind: "udp", host: "h", port: 514 },
			tag: "web|0123456789ab|busybox",
			wire: { driver: "syslog", facility: 3, format: "" },
		},
	});
	expect(plan("syslog syslog-address=tcp://[::1]:1 cache-disabled=true mode=blocking")).toMatchObject({
		readable: false,
		blocking: true,
		destination: { address: { kind: "tcp", host: "::1", port: 1 } },
	});
});

test("files of an address are looked for at creation and start, not whenever the container is looked at", () => {
	const missing = plan("syslog syslog-address=unix:///nonexist").destination!.address;
	expect(() => assertAddressFiles(missing)).toThrow("stat /nonexist: no such file or directory");
	const sealed = plan("syslog syslog-address=tcp+tls://h syslog-tls-ca-cert=/nonexist").destination!.address;
	expect(() => assertAddressFiles(sealed)).toThrow(
		'could not read CA certificate "/nonexist": open /nonexist: no such file or directory',
	);
});
