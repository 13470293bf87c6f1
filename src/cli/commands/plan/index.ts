import type { Node } from '../../command.ts';
import { addPlan } from './add.ts';
import { archivePlan } from './archive.ts';
import { editPlan } from './edit.ts';
import { listPlans } from './list.ts';
import { showPlan } from './show.ts';

export const planCommands: readonly Node[] = [addPlan, listPlans, showPlan, editPlan, archivePlan];
