import {
	type ContainerConfig,
	egressAnnotation,
	type HostConfig,
	unhealthyAnnotation,
} from "../../api/index.ts";

/** The annotations of a new container: a label of its own says the same, for clients that know no annotations. */
export function annotationsFromLabels(
	{ Annotations: annotations = {} }: HostConfig,
	labels: ContainerConfig["Labels"] = {},
): Pick<HostConfig, "Annotations"> {
	const added = [egressAnnotation, unhealthyAnnotation].filter(
		(name) => name in labels && !(name in annotations),
	);
	if (added.length === 0) return {};
	return {
		Annotations: { ...annotations, ...Object.fromEntries(added.map((name) => [name, labels[name]!])) },
	};
}
