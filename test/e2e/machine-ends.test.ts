/** Machines that end before their containers do. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";

const timeoutMs = 120_000;
let hull: TestDaemon;
beforeAll(async () => {
	hull = await startTestDaemon();
}, timeoutMs);
afterAll(async () => {
	await hull.assertClean();
	await hull[Symbol.asyncDispose]();
}, timeoutMs);

async function startMachine(...options: string[]): Promise<{ readonly id: string; readonly qemu: number }> {
	const run = ["run", "-d", "--isolation", "vm", ...options, "busybox", "sleep", "1000"];
	const id = (await hull.ok(run, { timeoutMs })).trim();
	return { id, qemu: Number(await hull.ok(["inspect", "-f", "{{.State.Pid}}", id])) };
}

async function endOf(id: string): Promise<string> {
	await hull.ok(["wait", id], { timeoutMs });
	const end = await hull.ok(["inspect", "-f", "{{.State.ExitCode}} {{.State.Error}}", id]);
	await hull.ok(["rm", id], { timeoutMs });
	return end.trim();
}

test(
	"a QEMU that is killed ends its container with the reason",
	async () => {
		const { id, qemu } = await startMachine();
		process.kill(qemu, "SIGKILL");
		expect(await endOf(id)).toBe("137 qemu was killed by signal 9");
	},
	timeoutMs,
);

test(
	"a kernel that panics ends its container with what it said",
	async () => {
		const { id } = await startMachine("--privileged");
		// Nothing of the exec comes back.
		await hull.docker(
			["exec", id, "sh", "-c", "echo 1 > /proc/sys/kernel/sysrq; echo c > /proc/sysrq-trigger"],
			{
				timeoutMs,
			},
		);
		expect(await endOf(id)).toMatch(
			/^137 the guest kernel panicked: .*Kernel panic - not syncing: sysrq triggered crash/,
		);
	},
	timeoutMs,
);

test.each([
	["stop", ["stop", "-t", "1"]],
	["kill", ["kill"]],
	["restart", ["restart", "-t", "1"]],
])(
	"a machine that has cut its link is ended by %s",
	async (_what, command) => {
		const { id, qemu } = await startMachine("--privileged");
		const cut = "cd /sys/bus/virtio/drivers/virtio_console; for it in virtio*; do echo $it > unbind; done";
		await hull.ok(["exec", "-d", id, "sh", "-c", cut], { timeoutMs });
		await eventually(async () =>
			expect((await hull.docker(["exec", id, "true"], { timeoutMs: 5_000 })).code).not.toBe(0),
		);
		await hull.ok([...command, id], { timeoutMs });
		const [pid, error] = JSON.parse(
			await hull.ok(["inspect", "-f", "[{{.State.Pid}}, {{json .State.Error}}]", id]),
		);
		expect(pid).not.toBe(qemu);
		if (pid === 0) expect(error).toBe("the machine was killed: its guest cannot be reached");
		await hull.ok(["rm", "-f", id], { timeoutMs });
	},
	timeoutMs,
);

test(
	"a machine that answers nothing is ended by kill all the same",
	async () => {
		const { id, qemu } = await startMachine();
		process.kill(qemu, "SIGSTOP");
		const killed = hull.docker(["kill", id], { timeoutMs });
		expect(await endOf(id)).toBe("137 the guest did not end its container within 5 s of SIGKILL");
		await killed;
	},
	timeoutMs,
);
