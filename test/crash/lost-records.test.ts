import { expect, test } from "bun:test";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { startTestDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { processesNaming } from "../support/leftovers.ts";

test.each(["process", "vm"])(
	"what runs of a container whose record is gone is ended at boot (%s)",
	async (isolation) => {
		await using hull = await startTestDaemon();
		const id = (await hull.ok(["run", "-d", "--isolation", isolation, "busybox", "sleep", "1000"])).trim();
		await hull.kill();
		const database = new DatabaseSync(join(hull.dataRoot, "hull.db"));
		database.prepare("DELETE FROM containers WHERE key = ?").run(id);
		database.close();
		expect(processesNaming(id).length).toBeGreaterThan(0);
		await hull.start();
		await eventually(() => expect(processesNaming(id)).toEqual([]));
		expect(await hull.ok(["ps", "-aq"])).toBe("");
	},
);
