/** How much harm a value of an annotation can do, least first (compat/annotations.md, cross-cutting rule 4). */
export const riskLevels = ['Low', 'Medium', 'High', 'Critical'] as const;
export type Risk = (typeof riskLevels)[number];
