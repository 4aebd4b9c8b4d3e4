return {name = "b", a = package.loaded["mod.cycle_a"]}
