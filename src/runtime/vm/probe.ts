import { accessSync, closeSync, constants, existsSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../../lib/index.ts";
import { runCommand } from "../../sys/index.ts";

/** What this host has for machines. */
export interface VmFacts {
	/** Absolute. */
	readonly qemuPath: string;
	/** `7.2.22`. */
	readonly qemuVersion: string;
	/** Without KVM every instruction is translated: slower by an order of magnitude. */
	readonly accelerator: "kvm" | "tcg";
	/** `6.1.0-41-amd64`. */
	readonly kernelVersion: string;
	readonly tscKhz: number;
}

export interface VmProbe {
	/** Looks once and remembers what was found. `unavailable` names what is missing and how to get it. */
	facts(): Promise<VmFacts>;
}

const qemuNames: Readonly<Record<string, string>> = { x64: "qemu-system-x86_64" };
const folders = ["/usr/bin", "/usr/local/bin", "/usr/libexec"];

export function createVmProbe(vmDir: string): VmProbe {
	let found: Promise<VmFacts> | undefined;
	return {
		facts() {
			found ??= look(vmDir).catch((error: unknown) => {
				// It may be installed while the engine runs.
				found = undefined;
				throw error;
			});
			return found;
		},
	};
}

async function look(vmDir: string): Promise<VmFacts> {
	const qemuName = qemuNames[process.arch];
	if (qemuName === undefined)
		throw new EngineError("unavailable", `isolation vm: not supported on ${process.arch}`);
	const qemuPath = folders.map((folder) => join(folder, qemuName)).find(isExecutable);
	if (qemuPath === undefined)
		throw new EngineError(
			"unavailable",
			`isolation vm needs ${qemuName}, which is not installed: apt-get install qemu-system-x86`,
		);
	const kernelVersion = readKernelVersion(vmDir);
	return {
		qemuPath,
		qemuVersion: await readQemuVersion(qemuPath),
		accelerator: hasKvm() ? "kvm" : "tcg",
		kernelVersion,
		tscKhz: readTscKhz(),
	};
}

function isExecutable(path: string): boolean {
	try {
		accessSync(path, constants.X_OK);
		return true;
	} catch {
		return false;
	}
}

function readKernelVersion(vmDir: string): string {
	const missing = ["vmlinux", "initramfs.img", "shared-memory.so", "kernel.json"].find(
		(name) => !existsSync(join(vmDir, name)),
	);
	if (missing !== undefined)
		throw new EngineError(
			"unavailable",
			`isolation vm needs ${join(vmDir, missing)}, which is missing: run \`npm run setup\` where Hull was built`,
		);
	try {
		const { version } = JSON.parse(readFileSync(join(vmDir, "kernel.json"), "utf8")) as { version?: unknown };
		return typeof version === "string" ? version : "unknown";
	} catch (cause) {
		throw new EngineError("unavailable", `${join(vmDir, "kernel.json")} does not parse`, { cause });
	}
}

async function readQemuVersion(path: string): Promise<string> {
	const result = await runCommand([path, "--version"]);
	const version = /version (\d+(?:\.\d+)+)/.exec(result?.stdout ?? "")?.[1];
	if (version !== undefined) return version;
	throw new EngineError("unavailable", `${path} --version says nothing that is understood`);
}

/**
 * A node alone is not enough: it must open, and the processor must have what an ordinary guest needs. KVM without
 * hardware virtualisation (PVM) opens too, but boots only kernels that were made for it: others stand still.
 */
function hasKvm(): boolean {
	try {
		if (process.arch === "x64" && !/^flags\s*:.*\b(vmx|svm)\b/m.test(readFileSync("/proc/cpuinfo", "utf8")))
			return false;
		closeSync(openSync("/dev/kvm", "r+"));
		return true;
	} catch {
		return false;
	}
}

/** The counter runs at about the frequency that the CPU was sold with; the guest corrects the rest. */
function readTscKhz(): number {
	const mhz = Number(/^cpu MHz\s*:\s*([\d.]+)/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? 0);
	return mhz > 0 ? Math.round(mhz * 1000) : 2_000_000;
}
