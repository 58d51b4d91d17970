/** Whatever a user types, a parser gives a value or an EngineError, at once. */
import { describe, expect, test } from "bun:test";
import { createRandom, expectSound, mutate, seed } from "../../test/support/random-text.ts";
import { parseCsvRecord } from "./csv-record.ts";
import { formatDuration, parseDuration } from "./duration.ts";
import { parseEnvFlag, parseKeyValueFile, parseLabel } from "./env-syntax.ts";
import { parseDecimalBytes, parseMemoryBytes, parseMemorySwap, parseNanoCpus } from "./memory-size.ts";
import { parseMountFlag, parseVolumeFlag } from "./mount-syntax.ts";
import { parseExposedPorts, parsePortKey, parsePortRange, parsePortSpec } from "./port-syntax.ts";
import { parseBind, parseMount, parseVolumesFrom } from "./requested-mount.ts";
import { parseRestartPolicy, validateRestartPolicy } from "./restart-policy.ts";
import { parseSignal, signalName } from "./signal.ts";
import { createStdcopyDecoder } from "./stdcopy.ts";
import { formatTime, parseTime, parseUnixTime } from "./time-syntax.ts";

const lookup = (name: string) => (name === "HOME" ? "/root" : undefined);
const now = 1_700_000_000_000_000_000n;

/** Each parser with texts that it takes, to start from. */
const parsers: Record<string, { parse: (text: string) => unknown; samples: string[] }> = {
	parseCsvRecord: { parse: parseCsvRecord, samples: ["a,b", '"a,""b""",c', ","] },
	parseDuration: { parse: parseDuration, samples: ["1h2m3.5s", "-1.5h", "0", "10µs"] },
	parseEnvFlag: { parse: (text) => parseEnvFlag(text, lookup), samples: ["A=b", "HOME"] },
	parseKeyValueFile: {
		parse: (text) => parseKeyValueFile(Buffer.from(text, "latin1"), { name: "file", lookup }),
		samples: ["A=b\n#c\nHOME\n", "A= x \r\n"],
	},
	parseLabel: { parse: parseLabel, samples: ["a=b", "a"] },
	parseMemoryBytes: { parse: parseMemoryBytes, samples: ["512m", "1.5 GiB", "1e3k"] },
	parseDecimalBytes: { parse: parseDecimalBytes, samples: ["10kb"] },
	parseMemorySwap: { parse: parseMemorySwap, samples: ["-1", "1g"] },
	parseNanoCpus: { parse: parseNanoCpus, samples: ["1.5", "1/4", "2e-1"] },
	parseMountFlag: {
		parse: (text) => parseMountFlag(text),
		samples: [
			"type=bind,src=/a,dst=/b,ro",
			"type=tmpfs,dst=/t,tmpfs-size=1m,tmpfs-mode=1777",
			"volume-opt=a=b",
		],
	},
	parseVolumeFlag: { parse: (text) => parseVolumeFlag(text), samples: ["/a:/b:ro", "v:/b", "./x:/y"] },
	parseExposedPorts: { parse: parseExposedPorts, samples: ["80-90/udp", "53"] },
	parsePortKey: { parse: parsePortKey, samples: ["80/tcp"] },
	parsePortRange: { parse: parsePortRange, samples: ["80-90"] },
	parsePortSpec: {
		parse: parsePortSpec,
		samples: ["127.0.0.1:80-81:90-91/tcp", "[::1]::80", "8000-9000:80"],
	},
	parseBind: { parse: (text) => parseBind(text), samples: ["/a:/b:ro,rslave", "v:/c:nocopy", "/d"] },
	parseMount: {
		parse: (text) =>
			parseMount({ Type: "bind", Source: text, Target: text, BindOptions: { Propagation: text } }),
		samples: ["/a/../b", "shared"],
	},
	parseVolumesFrom: { parse: parseVolumesFrom, samples: ["c:ro", "c"] },
	parseRestartPolicy: {
		parse: (text) => validateRestartPolicy(parseRestartPolicy(text)),
		samples: ["on-failure:3", "always"],
	},
	parseSignal: { parse: (text) => signalName(parseSignal(text)), samples: ["SIGTERM", "9", "RTMIN+3"] },
	parseTime: {
		parse: (text) => parseTime(text, now),
		samples: ["2026-11-24T05:00:00.5+01:00", "1700000000.5", "10m", "2026-11-24"],
	},
	parseUnixTime: { parse: parseUnixTime, samples: ["1700000000.000000001"] },
	stdcopy: {
		parse: (text) => createStdcopyDecoder().push(Buffer.from(text, "latin1")),
		samples: ["\x01\0\0\0\0\0\0\x05hello", "\x03\0\0\0\0\0\0\x01x"],
	},
};

for (const [name, { parse, samples }] of Object.entries(parsers)) {
	describe(name, () => {
		test("gives a value or an EngineError for 5,000 random texts", () => {
			const random = createRandom(seed);
			for (let i = 0; i < 5_000; i++) expectSound(parse, mutate(random, samples));
		});
		test("takes no time for absurd texts", () => {
			const start = performance.now();
			for (const part of [
				...samples,
				"1",
				"a",
				"=",
				":",
				",",
				'"',
				"-",
				".",
				"/",
				" ",
				"\n",
				"1.",
				"(",
				"\0",
			])
				expectSound(parse, part.repeat(Math.ceil(50_000 / part.length)));
			expect(performance.now() - start).toBeLessThan(2_000);
		});
	});
}

test("what is formatted is parsed back", () => {
	const random = createRandom(seed);
	for (let i = 0; i < 2_000; i++) {
		const nanos = BigInt(Math.floor(random() * 2 ** 52)) * (random() < 0.5 ? 1n : 1_000n);
		expect(parseDuration(formatDuration(nanos))).toBe(nanos);
		expect(parseTime(formatTime(nanos), now)).toBe(nanos);
	}
});
