/** What users write into a HostConfig gives a value or an EngineError, at once. */
import { describe, expect, test } from "bun:test";
import { createRandom, expectSound, mutate, seed } from "../../../test/support/random-text.ts";
import { containerCapabilities } from "./capabilities.ts";
import { cpusetProblem } from "./cpuset.ts";
import { mergeImageEnv, processEnv } from "./environment.ts";
import type { SpecHost, SpecInput } from "./input.ts";
import { parseSeccompProfile } from "./parse-seccomp-profile.ts";
import { checkPropagation } from "./propagation.ts";
import { parseDeviceRule } from "./resources.ts";
import { parseSecurityOptions } from "./security-options.ts";
import { containerSysctls } from "./sysctls.ts";
import { mergeTmpfsOptions } from "./tmpfs-options.ts";
import { resolveUser } from "./user.ts";

const files = { passwd: "root:x:0:0:root:/root:/bin/sh\n", group: "root:x:0:\n" };
const host = { capabilities: new Set(["CAP_CHOWN"]), hasSysctl: () => true } as unknown as SpecHost;
const namespaces = { network: "own", pid: { kind: "own" }, ipc: { kind: "own" }, uts: { kind: "own" } };
const slave = {
	kind: "bind",
	source: "/a/b",
	destination: "/x",
	readOnly: false,
	propagation: "rslave",
} as const;

const parsers: Record<string, { parse: (text: string) => unknown; samples: string[] }> = {
	user: { parse: (text) => resolveUser(text, files, [text]), samples: ["root:root", "0:0", "1000"] },
	passwd: {
		parse: (text) => resolveUser("root:root", { passwd: text, group: text }, ["0"]),
		samples: [files.passwd, files.group, "a:b:c:d:e:f:g:h\n::::\n"],
	},
	capabilities: {
		parse: (text) => containerCapabilities({ capAdd: [text], capDrop: [text] }, host),
		samples: ["ALL", "CAP_CHOWN", "net_admin"],
	},
	cpuset: { parse: (text) => cpusetProblem(text, "0-3"), samples: ["0-2,5", "1"] },
	environment: {
		parse: (text) =>
			processEnv({ hostname: "h", terminal: true, home: "/", env: mergeImageEnv([text], [text, "A=b"]) }),
		samples: ["A=b", "A"],
	},
	seccomp: {
		parse: parseSeccompProfile,
		samples: [
			'{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["x"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}],"includes":{"caps":["A"]}}]}',
			'{"defaultAction":"SCMP_ACT_ERRNO","archMap":[{"architecture":"a","subArchitectures":null}]}',
		],
	},
	propagation: {
		parse: (text) => checkPropagation([slave], () => text),
		samples: ["31 23 0:28 / / rw shared:1 - ext4 /dev/x rw\n", "32 31 0:29 / /a\\040b rw - tmpfs x rw\n"],
	},
	deviceRule: { parse: parseDeviceRule, samples: ["c 10:200 rwm", "b *:* r"] },
	securityOptions: {
		parse: (text) => parseSecurityOptions([text]),
		samples: ["no-new-privileges=true", "seccomp=unconfined", 'seccomp={"defaultAction":"SCMP_ACT_ALLOW"}'],
	},
	sysctls: {
		parse: (text) => containerSysctls({ namespaces, host, sysctls: { [text]: "1" } } as unknown as SpecInput),
		samples: ["net.ipv4.ip_forward", "kernel.shmmax", "fs.mqueue.msg_max"],
	},
	tmpfs: {
		parse: (text) => mergeTmpfsOptions(text.split(",")),
		samples: ["size=1m,noexec,mode=700", "defaults,ro"],
	},
};

for (const [name, { parse, samples }] of Object.entries(parsers)) {
	describe(name, () => {
		test("gives a value or an EngineError for 3,000 random texts", () => {
			const random = createRandom(seed);
			for (let i = 0; i < 3_000; i++) expectSound(parse, mutate(random, samples));
		});
		test("takes no time for absurd texts", () => {
			const start = performance.now();
			for (const part of [...samples, "1", "a", "=", ":", ",", "-", ".", "/", " ", "\n", "[", "\0"])
				expectSound(parse, part.repeat(Math.ceil(50_000 / part.length)));
			expect(performance.now() - start).toBeLessThan(2_000);
		});
	});
}
