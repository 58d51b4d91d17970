import { expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { hullCommand } from "../support/hull-cli.ts";

/**
 * Runs a script with the default places (/run/hull, /var/lib/hull, /var/log/hull) to itself: in namespaces of its
 * own, so that nothing on the machine is touched and everything that was started ends with it. `"$@"` is hull.
 */
function aloneOnTheMachine(script: string): Promise<{ stdout: string; stderr: string; code: number }> {
	const prepare =
		"for at in /run /var/lib /var/log; do mount -t tmpfs tmpfs $at || exit 99; done; ip link set lo up;";
	const isolate = ["--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child"];
	const child = spawn("unshare", [...isolate, "sh", "-c", `${prepare}\n${script}`, "sh", ...hullCommand()], {
		stdio: ["ignore", "pipe", "pipe"],
		env: { PATH: process.env["PATH"]!, HOME: "/root" },
	});
	let stdout = "";
	let stderr = "";
	child.stdout.on("data", (chunk) => {
		stdout += chunk;
	});
	child.stderr.on("data", (chunk) => {
		stderr += chunk;
	});
	return new Promise((resolve) => child.on("close", (code) => resolve({ stdout, stderr, code: code ?? -1 })));
}

test("hull starts the engine when nobody listens at the default place, once, also after it was killed", async () => {
	const { stdout, stderr, code } = await aloneOnTheMachine(`
		"$@" ps -q & "$@" ps -q & wait
		"$@" version --format '{{.Server.ApiVersion}}'
		engines() { ps -eo pid=,args= | awk '$2 == "hulld" { print $1 }'; }
		for try in $(seq 100); do [ $(engines | wc -l) = 1 ] && echo one && break; sleep 0.1; done
		kill -KILL $(engines); sleep 0.2; test -S /run/hull/hull.sock && echo stale
		"$@" images -q && echo again
		test -s /var/log/hull/hulld.log && echo logged`);
	expect({ stdout, stderr, code }).toEqual({
		stdout: "1.55\none\nstale\nagain\nlogged\n",
		stderr: "",
		code: 0,
	});
}, 60_000);

test("who is not root gets told how to start it, or that the socket is not theirs", async () => {
	const { stdout } = await aloneOnTheMachine(`
		user() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
		user "$@" ps 2>&1
		"$@" ps -q
		user "$@" ps 2>&1; echo $?`);
	expect(stdout).toBe(
		"cannot connect to the engine at unix:///run/hull/hull.sock. Is the engine running? Start it with 'hulld', or choose another with --host or HULL_HOST\n" +
			"permission denied while connecting to the engine at unix:///run/hull/hull.sock. Run hull as root, or as a member of the socket's group\n1\n",
	);
}, 60_000);

test("an engine that cannot start says why, and an engine that was chosen is never started", async () => {
	const { stdout } = await aloneOnTheMachine(`
		mkdir /var/lib/hull; mount -t tmpfs -o ro tmpfs /var/lib/hull
		"$@" ps 2>&1; echo $?
		HULL_HOST=unix:///run/hull/other.sock "$@" ps 2>&1 | cut -d. -f1`);
	expect(stdout).toMatch(
		/^the engine could not be started \(exit code \d+\)\nThe end of \/var\/log\/hull\/hulld.log:\n {2}.*read-only/,
	);
	expect(stdout).toEndWith("\n1\ncannot connect to the engine at unix:///run/hull/other\n");
}, 60_000);
