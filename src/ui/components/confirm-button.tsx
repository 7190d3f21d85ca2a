// A button that asks before it does what cannot be undone, and shows why it failed if it does.
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { announce } from "./announcer.tsx";
import { Dialog } from "./dialog.tsx";
import { Icon, type IconName } from "./icons.tsx";
import { ProblemPanel } from "./problem-panel.tsx";

interface ConfirmButtonProps {
  label: string;
  icon: IconName;
  question: string;
  detail: ReactNode;
  /** What the button that goes ahead says. */
  confirm: string;
  /** Read out once it is done. */
  done: string;
  action: () => Promise<unknown>;
  className?: string;
}

export function ConfirmButton({ label, icon, question, detail, confirm, done, action, className = "" }: ConfirmButtonProps) {
  const [isAsking, setIsAsking] = useState(false);
  const run = useMutation({
    mutationFn: action,
    onSuccess: () => {
      setIsAsking(false);
      announce(done);
    },
  });
  const close = () => {
    setIsAsking(false);
    run.reset();
  };
  return (
    <>
      <button type="button" onClick={() => setIsAsking(true)} className={`button ${className}`}>
        <Icon name={icon} />
        {label}
      </button>
      {isAsking && (
        <Dialog title={question} onClose={close}>
          <div className="mb-5 text-muted">{detail}</div>
          {run.error && (
            <div className="mb-5">
              <ProblemPanel error={run.error} />
            </div>
          )}
          <div className="flex flex-wrap justify-end gap-3">
            <button type="button" onClick={close} className="button">
              Keep it
            </button>
            <button type="button" onClick={() => run.mutate()} disabled={run.isPending} className="button button-danger">
              {confirm}
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}
