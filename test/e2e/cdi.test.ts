import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestDaemon, type TestDaemon } from "../support/daemon.ts";

const root = mkdtempSync(join(tmpdir(), "hull-cdi-"));
const [vendors, overrides] = [join(root, "vendors"), join(root, "overrides")];
const hookLog = join(root, "hook.log");
let hull: TestDaemon;

beforeAll(async () => {
	for (const folder of [vendors, overrides]) mkdirSync(folder, { mode: 0o755 });
	writeFileSync(join(root, "library"), "of the vendor\n");
	writeFileSync(join(vendors, "vendor.yaml"), vendorYaml, { mode: 0o644 });
	hull = await startTestDaemon({ arguments: ["--cdi-spec-dir", vendors, "--cdi-spec-dir", overrides] });
});
afterAll(async () => {
	await hull[Symbol.asyncDispose]();
	rmSync(root, { recursive: true });
});

/** What Docker's command line makes of `--device NAME` since its version 25. */
const create = (name: string, devices: readonly string[], Isolation = "") =>
	hull.api("POST", `/containers/create?name=${name}`, {
		Image: "busybox",
		Cmd: ["sleep", "1000"],
		Env: ["COMMON=mine"],
		HostConfig: { Isolation, DeviceRequests: [{ Driver: "cdi", DeviceIDs: devices }] },
	});
const run = (...args: string[]) => hull.docker(["run", "--rm", ...args]);

test("a device by its name brings its node, rules, variables, mounts, groups and hooks, also after a restart", async () => {
	await create("withcdi", ["vendor.com/device=one", "vendor.com/device=two"]);
	await hull.ok(["start", "withcdi"]);
	const inside = (command: string) => hull.ok(["exec", "withcdi", "sh", "-c", command]);
	const seen = async () => {
		expect(await inside("ls -l /dev/cdi/one /dev/null-two")).toMatch(
			/^crw-rw---- +1 root +root +10, 229 .*\ncrw-rw-rw- +1 root +root +1, +3 /,
		);
		// fuse is not among what every container may open.
		expect(await inside("exec 3<>/dev/cdi/one && echo opened")).toBe("opened\n");
		// As with Docker, what was not asked for by `-e` or `--group-add` is not an exec's.
		expect(await inside("tr '\\0' '\\n' < /proc/1/environ | grep -E '^(COMMON|ONE|TWO)=' | sort")).toBe(
			"COMMON=all\nONE=1\nTWO=2\n",
		);
		expect(await inside("grep Groups: /proc/1/status")).toMatch(/\b4242\b/);
		expect(await inside("cat /opt/vendor/library; echo x > /opt/vendor/library || true")).toBe(
			"of the vendor\n",
		);
	};
	await seen();
	expect(readFileSync(hookLog, "utf8")).toBe("made by one\n");
	await hull.stop();
	rmSync(join(vendors, "vendor.yaml"));
	await hull.start();
	await seen();
	writeFileSync(join(vendors, "vendor.yaml"), vendorYaml, { mode: 0o644 });
	await hull.ok(["rm", "-f", "withcdi"]);
	expect(readFileSync(join(root, "library"), "utf8")).toBe("of the vendor\n");
});

test("info tells what there is; what is not there, or not root's alone, is refused in Docker's words", async () => {
	const unsafe = join(vendors, "unsafe.json");
	writeFileSync(unsafe, JSON.stringify(spec("unsafe.com/device", { one: { env: ["A=1"] } })));
	chmodSync(unsafe, 0o666);
	writeFileSync(join(vendors, "wrong.json"), JSON.stringify({ ...spec("wrong.com/device", {}), more: 1 }));
	const info = (await hull.api("GET", "/info")).json;
	expect(info.CDISpecDirs).toEqual([vendors, overrides]);
	expect(info.DiscoveredDevices).toEqual([
		{ Source: "cdi", ID: "vendor.com/device=one" },
		{ Source: "cdi", ID: "vendor.com/device=two" },
	]);
	expect(info.Warnings.join("\n")).toMatch(
		/unsafe\.json: must belong to root[\s\S]*wrong\.json: more: is not known/,
	);
	for (const device of ["vendor.com/device=three", "unsafe.com/device=one"]) {
		const { status, json } = await create("refused", [device]);
		expect([status, json.message]).toEqual([
			400,
			expect.stringContaining(`CDI device injection failed: unresolvable CDI devices ${device}`),
		]);
	}
	const { stderr } = await run("--gpus", "all", "busybox", "true");
	expect(stderr).toContain('could not select device driver "" with capabilities: [[gpu]]');
	const machine = await create("refused", ["vendor.com/device=one"], "vm");
	expect(machine.json.message).toContain("HostConfig.DeviceRequests: isolation vm cannot have");
});

test("--gpus asks for devices of kind nvidia.com/gpu; a later folder's device goes before an earlier one's", async () => {
	const gpus = (suffix: string) =>
		JSON.stringify(
			spec("nvidia.com/gpu", {
				0: { env: [`GPU_0=${suffix}`] },
				1: { env: [`GPU_1=${suffix}`] },
				all: { env: [`GPU_ALL=${suffix}`] },
			}),
		);
	writeFileSync(join(vendors, "nvidia.json"), gpus("early"));
	writeFileSync(join(overrides, "nvidia.json"), gpus("late"));
	const show = ["busybox", "sh", "-c", "env | grep GPU_ | sort"];
	expect((await run("--gpus", "2", ...show)).stdout).toBe("GPU_0=late\nGPU_1=late\n");
	expect((await run("--gpus", "all", ...show)).stdout).toBe("GPU_ALL=late\n");
	expect((await run("--gpus", "device=1", ...show)).stdout).toBe("GPU_1=late\n");
	expect((await run("--gpus", "3", ...show)).stderr).toContain("unresolvable CDI devices nvidia.com/gpu=2");
});

function spec(kind: string, devices: Record<string, object>) {
	return {
		cdiVersion: "0.6.0",
		kind,
		devices: Object.entries(devices).map(([name, containerEdits]) => ({ name, containerEdits })),
	};
}

const vendorYaml = `cdiVersion: 0.6.0
kind: vendor.com/device
containerEdits:
  env: [COMMON=all]
  additionalGids: [4242]
  mounts:
    - {hostPath: "${join(root, "library")}", containerPath: /opt/vendor/library, options: [ro, nosuid, nodev, bind]}
devices:
  - name: one
    containerEdits:
      env: [ONE=1]
      deviceNodes:
        - {path: /dev/cdi/one, hostPath: /dev/fuse, permissions: rw, fileMode: 0660}
      hooks:
        - {hookName: createRuntime, path: /bin/sh, args: [sh, -c, "echo made by one >> ${hookLog}"]}
  - name: two
    containerEdits:
      env: [TWO=2]
      deviceNodes:
        - {path: /dev/null-two, type: c, major: 1, minor: 3, fileMode: 0666}
`;
