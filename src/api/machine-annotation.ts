/**
 * The annotation (`HostConfig.Annotations`, value `true`) that makes a container of isolation vm a whole machine: its
 * process is the machine's init.
 */
export const machineAnnotation = "hull.machine";
