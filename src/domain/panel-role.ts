/** What somebody may do in the panel: everything; see everything and run the work; only read. */
export const panelRoles = ['administrator', 'planner', 'auditor'] as const;
export type PanelRole = (typeof panelRoles)[number];
