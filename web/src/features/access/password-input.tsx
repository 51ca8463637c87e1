import { Eye, EyeOff } from "lucide-react"
import { useState, type ComponentProps } from "react"
import { useT } from "@/shared/i18n"
import { Button } from "@/shared/ui/button"
import { Input } from "@/shared/ui/field"

export function PasswordInput(props: ComponentProps<"input">) {
  const t = useT()
  const [shown, setShown] = useState(false)
  return (
    <div className="relative">
      <Input {...props} type={shown ? "text" : "password"} className="pr-11" autoCapitalize="none" spellCheck={false} />
      <Button
        variant="ghost"
        size="icon-sm"
        className="absolute top-1 right-1 max-md:top-0 max-md:right-0"
        aria-label={shown ? t.login.hide : t.login.show}
        aria-pressed={shown}
        onClick={() => setShown(!shown)}
      >
        {shown ? <EyeOff /> : <Eye />}
      </Button>
    </div>
  )
}
