/**
 * The annotation (`HostConfig.Annotations`) and the label of containers that say what happens when one becomes
 * unhealthy: `none`, `kill`, `restart` or `stop`, see docs/health.md.
 */
export const unhealthyAnnotation = "hull.health.on-failure";
