import { Check, Languages } from "lucide-react"
import type { ReactNode } from "react"
import { useLocale, useT } from "@/shared/i18n"
import { Button } from "@/shared/ui/button"
import { Logo } from "@/shared/ui/logo"
import { chooseLocale } from "@/shared/ui/part"

/** The layout of the sign-in pages: the form on one side, a description of the product on the other. */
export function AuthLayout({ children }: { children: ReactNode }) {
  const t = useT()
  const locale = useLocale()
  return (
    <div className="grid h-full grid-cols-1 bg-surface lg:grid-cols-[minmax(28rem,1fr)_1.15fr]">
      <div className="scroll-area flex flex-col px-6 py-6 sm:px-10">
        <header className="flex items-center justify-between">
          <span className="flex items-center gap-2.5 text-[17px] font-semibold tracking-tight"><Logo className="size-8" />{t.app.name}</span>
          <Button variant="ghost" size="sm" onClick={() => void chooseLocale(locale === "en" ? "ru" : "en")}>
            <Languages />
            <span lang={locale === "en" ? "ru" : "en"}>{locale === "en" ? "Русский" : "English"}</span>
          </Button>
        </header>
        <main className="mx-auto flex w-full max-w-[23rem] flex-1 flex-col justify-center py-10">{children}</main>
      </div>
      <aside className="relative hidden overflow-hidden bg-[#14245c] text-white lg:flex lg:flex-col lg:justify-center">
        <Cords />
        <div className="relative z-10 mx-auto w-full max-w-md px-10">
          <p className="text-[32px] leading-[1.15] font-semibold tracking-tight text-balance">{t.login.pitch}</p>
          <ul className="mt-8 flex flex-col gap-4 text-[15px] text-[#d5deff]">
            {t.login.pitchPoints.map((point) => (
              <li key={point} className="flex gap-3">
                <span className="mt-0.5 grid size-5 shrink-0 place-items-center rounded-full bg-white/15"><Check className="size-3" aria-hidden="true" /></span>
                {point}
              </li>
            ))}
          </ul>
        </div>
      </aside>
    </div>
  )
}

const jacks = [0, 1, 2, 3, 4, 5, 6].flatMap((x) => [0, 1, 2, 3, 4, 5, 6, 7].map((y) => ({ x: 50 + x * 100, y: 50 + y * 100 })))
  // No jacks behind the text.
  .filter(({ x, y }) => x < 150 || x > 550 || y < 250 || y > 550)

/** A picture of a switchboard: rows of jacks and a few cords. */
function Cords() {
  return (
    <svg aria-hidden="true" viewBox="0 0 700 800" preserveAspectRatio="xMidYMid slice" className="absolute inset-0 size-full">
      <defs>
        <radialGradient id="glow" cx="0.5" cy="0.45" r="0.7">
          <stop offset="0" stopColor="#2f5be8" stopOpacity="0.75" />
          <stop offset="1" stopColor="#14245c" stopOpacity="0" />
        </radialGradient>
      </defs>
      <rect width="700" height="800" fill="url(#glow)" />
      {jacks.map(({ x, y }) => <circle key={`${x}-${y}`} cx={x} cy={y} r="7" fill="none" stroke="#fff" strokeOpacity="0.13" strokeWidth="3" />)}
      <g fill="none" strokeWidth="7" strokeLinecap="round">
        <path d="M50 150C150 330 320 -20 450 150" stroke="#ffc24b" strokeOpacity="0.85" />
        <path d="M150 650C260 830 420 560 550 750" stroke="#8fb0ff" strokeOpacity="0.7" />
        <path d="M650 50C600 240 690 200 650 350" stroke="#8fb0ff" strokeOpacity="0.45" />
      </g>
      {[[50, 150, "#ffc24b"], [450, 150, "#ffc24b"], [150, 650, "#8fb0ff"], [550, 750, "#8fb0ff"], [650, 50, "#8fb0ff"], [650, 350, "#8fb0ff"]].map(([x, y, color]) => (
        <circle key={`${x}-${y}`} cx={x} cy={y} r="8" fill="#14245c" stroke={String(color)} strokeWidth="6" />
      ))}
    </svg>
  )
}
