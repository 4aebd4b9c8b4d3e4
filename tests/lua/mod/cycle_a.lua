local ok, b = pcall(require, "mod.cycle_b")
return {name = "a", b = ok and b or "failed"}
