import type { Report } from "./report.ts";

/** What a reader must know to read the figures right. */
export function notesFor({
	subjects,
	host,
	machines,
}: Pick<Report, "subjects" | "host" | "machines">): string[] {
	const emulated =
		machines?.accelerator === "tcg" &&
		subjects.some(({ hull, start }) => hull !== "process" && start !== undefined);
	const processors = `${host.CpuCount} processor${host.CpuCount === 1 ? "" : "s"}`;
	return [
		...(emulated
			? [
					"Virtual machines were measured without KVM: QEMU translates their code (TCG). The columns show what that costs here; what machines cost on a host with a usable /dev/kvm was not measured.",
				]
			: []),
		...(subjects.some(({ hull, start }) => hull === "machine" && start !== undefined)
			? [
					"The start of a whole machine is until its init has started everything, once for the first time and once again; that of the others is until the first byte of a process. It runs the image's init in place of the command.",
				]
			: []),
		...(host.CpuCount < 4 ? [`The host has ${processors}: what else ran there is in the times.`] : []),
		"Memory is the proportional set size of all processes that are there because of a container; the kernel's part is how much all of the host's kernel grew during a start (the median), whoever caused it.",
		"How many fit is memory divided by what each further one adds; processors and limits of the kernel may end it earlier.",
	];
}
