import { ownerLabel } from "../../api/syntax.ts";
import type { SocketPolicy } from "../contract.ts";
import { denial } from "../denial.ts";

type Labels = Readonly<Record<string, string>>;

/** `forbidden` when somebody gives himself the label that says whose a thing is. */
export function checkLabels(policy: SocketPolicy, labels: Labels | undefined): void {
	const text = labelObjection(labels);
	if (text !== undefined) throw denial(policy, "labels", text);
}

export function labelObjection(labels: Labels | undefined): string | undefined {
	return labels !== undefined && Object.hasOwn(labels, ownerLabel)
		? `the label ${ownerLabel} is given by the engine`
		: undefined;
}

/** The labels with the one that makes a thing the socket's own. */
export function ownLabels(policy: SocketPolicy, labels: Labels = {}): Record<string, string> {
	return { ...labels, [ownerLabel]: policy.name };
}

export function isOwn(policy: SocketPolicy, labels: Labels | null | undefined): boolean {
	return labels !== null && labels !== undefined && labels[ownerLabel] === policy.name;
}
