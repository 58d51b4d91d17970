import type { HullHost } from "../api/index.ts";
import type { Subject } from "./report.ts";

/** What a reader must know to read the figures right. */
export function notesFor({ subjects, host }: { subjects: readonly Subject[]; host: HullHost }): string[] {
	return [
		...subjects.flatMap(emulationNote),
		...(host.CpuCount < 4
			? [
					`The machine has ${host.CpuCount} processor${host.CpuCount === 1 ? "" : "s"}: what else ran there is in the times.`,
				]
			: []),
		"Memory is the proportional set size of all processes that are there because of a container; the kernel's part is the growth of all of the host's kernel meanwhile, whoever caused it.",
		"How many fit is memory divided by what each further one adds; processors and limits of the kernel may end it earlier.",
	];
}

/** QEMU without KVM names its processor after its translator. */
function emulationNote({ cpuModel, hull }: Subject): string[] {
	if (cpuModel === undefined || !/\bTCG\b/.test(cpuModel)) return [];
	return [
		`The ${hull} column was measured without KVM: its processor is emulated (QEMU's TCG), which makes whatever computes several times slower. With /dev/kvm on the host, computing in a virtual machine takes about as long as outside.`,
	];
}
