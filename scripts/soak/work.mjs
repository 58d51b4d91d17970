import assert from "node:assert/strict";

/** The kinds of container that a soak runs in turn. Each is given the client and a name, and leaves nothing. */
export const work = [
	async function shortRun(hull, name) {
		assert.equal(await hull(["run", "--rm", "--name", name, "busybox", "echo", name]), `${name}\n`);
	},
	async function withInput(hull, name) {
		assert.equal(
			await hull(["run", "--rm", "-i", "--name", name, "busybox", "cat"], `${name}\n`),
			`${name}\n`,
		);
	},
	async function withExec(hull, name) {
		await hull(["run", "-d", "--name", name, "busybox", "sleep", "1000"]);
		assert.equal(await hull(["exec", name, "echo", name]), `${name}\n`);
		await hull(["exec", "-i", name, "cat"], "through exec\n");
		await hull(["rm", "-f", name]);
	},
	async function withLogs(hull, name) {
		await hull(["run", "-d", "--name", name, "--network=none", "busybox", "sh", "-c", "seq 1 200"]);
		const followed = await hull(["logs", "-f", name]);
		assert.equal(followed.split("\n").length, 201);
		await hull(["rm", name]);
	},
	async function besidePrinter(hull, name) {
		await hull(["exec", "printer", "true"]);
		assert.match(await hull(["logs", "--tail", "3", "printer"]), /^(tick\n){3}$/);
		await hull(["run", "--rm", "--name", name, "--network=host", "busybox", "true"]);
	},
];
