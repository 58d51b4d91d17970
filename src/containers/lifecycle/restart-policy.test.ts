import { expect, test } from "bun:test";
import { decideRestart, type RestartQuestion, wantsRestartAtBoot } from "./restart-policy.ts";

const question: RestartQuestion = {
	policy: { Name: "always" },
	exit: { exitCode: 0 },
	ranMs: 5,
	restartCount: 0,
	stopRequested: false,
	unhealthy: false,
	backOffMs: 0,
};

test("the wait doubles from 100 ms to a minute and starts again after 10 s of running", () => {
	const waits: number[] = [];
	let backOffMs = 0;
	for (let i = 0; i < 12; i++) {
		backOffMs = decideRestart({ ...question, backOffMs })!;
		waits.push(backOffMs);
	}
	expect(waits).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 51200, 60000, 60000]);
	expect(decideRestart({ ...question, backOffMs, ranMs: 10_000 })).toBe(100);
});

test("what a user stops stays stopped, whatever the policy", () => {
	expect(decideRestart({ ...question, stopRequested: true })).toBeUndefined();
});

test("what was ended for being unhealthy comes back, within its policy's count, unless a user stopped it", () => {
	const unhealthy = { ...question, unhealthy: true, policy: undefined };
	expect(decideRestart(unhealthy)).toBe(100);
	expect(decideRestart({ ...unhealthy, policy: { Name: "no" }, backOffMs: 100 })).toBe(200);
	const policy = { Name: "on-failure", MaximumRetryCount: 2 };
	expect(decideRestart({ ...unhealthy, policy, restartCount: 1 })).toBe(100);
	expect(decideRestart({ ...unhealthy, policy, restartCount: 2 })).toBeUndefined();
	expect(decideRestart({ ...unhealthy, stopRequested: true })).toBeUndefined();
});

test("on-failure counts, and a good exit ends it", () => {
	const policy = { Name: "on-failure", MaximumRetryCount: 2 };
	const failed = { ...question, policy, exit: { exitCode: 1 } };
	expect(decideRestart({ ...failed, restartCount: 1 })).toBe(100);
	expect(decideRestart({ ...failed, restartCount: 2 })).toBeUndefined();
	expect(decideRestart({ ...question, policy })).toBeUndefined();
	expect(decideRestart({ ...failed, policy: { Name: "on-failure" }, restartCount: 99 })).toBe(100);
});

test("no policy, no restart", () => {
	expect(decideRestart({ ...question, policy: { Name: "no" } })).toBeUndefined();
	expect(decideRestart({ ...question, policy: undefined })).toBeUndefined();
});

test("at boot always brings back what was stopped, unless-stopped does not", () => {
	const boot = { exit: { exitCode: 137 }, restartCount: 0, stoppedByUser: true };
	expect(wantsRestartAtBoot({ ...boot, policy: { Name: "always" } })).toBe(true);
	expect(wantsRestartAtBoot({ ...boot, policy: { Name: "unless-stopped" } })).toBe(false);
	expect(wantsRestartAtBoot({ ...boot, policy: { Name: "unless-stopped" }, stoppedByUser: false })).toBe(
		true,
	);
});
