import type { Container } from "./container.ts";
import type { Context } from "./context.ts";

/** Publishes a container event with Docker's attributes: the labels, `image`, `name`, and the action's own. */
export function publish(
	context: Pick<Context, "events">,
	container: Container,
	event: { readonly action: string; readonly attributes?: Readonly<Record<string, string>> },
): void {
	const { record } = container;
	context.events.publish("container", event.action, container.id, {
		...record.config.Labels,
		image: record.image.reference,
		name: record.name,
		...event.attributes,
	});
}
