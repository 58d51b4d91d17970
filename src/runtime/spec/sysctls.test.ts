import { describe, expect, test } from "bun:test";
import type { NamespaceChoices, SpecInput } from "./input.ts";
import { containerSysctls } from "./sysctls.ts";

const own: NamespaceChoices = {
	network: "own",
	pid: { kind: "own" },
	ipc: { kind: "own" },
	uts: { kind: "own" },
};

function sysctls(wanted: Record<string, string>, namespaces: Partial<NamespaceChoices> = {}) {
	return containerSysctls({
		namespaces: { ...own, ...namespaces },
		sysctls: wanted,
		host: { hasSysctl: () => true },
	} as unknown as SpecInput);
}

test("the user's come over Docker's", () => {
	expect(sysctls({ "net.ipv4.ip_unprivileged_port_start": "1024", "kernel.shmmax": "1" })).toEqual({
		"net.ipv4.ping_group_range": "0 2147483647",
		"net.ipv4.ip_unprivileged_port_start": "1024",
		"kernel.shmmax": "1",
	});
});

test("Docker's are for a network of one's own", () => expect(sysctls({}, { network: "shared" })).toEqual({}));

describe("refusals", () => {
	const cases: [string, Partial<NamespaceChoices>, string][] = [
		["kernel.panic", {}, 'sysctl "kernel.panic" is not in a separate kernel namespace'],
		["net", {}, "is not in a separate kernel namespace"],
		["net.ipv4/../../kernel/panic", {}, "is not in a separate kernel namespace"],
		["fs.mqueue/..", {}, "is not in a separate kernel namespace"],
		["", {}, "is not in a separate kernel namespace"],
		["net.ipv4.ip_forward", { network: "host" }, "not allowed in host network namespace"],
		["fs.mqueue.msg_max", { ipc: { kind: "host" } }, "is not allowed in the hosts ipc namespace"],
	];
	for (const [name, namespaces, message] of cases)
		test(name, () => expect(() => sysctls({ [name]: "1" }, namespaces)).toThrow(message));
});
